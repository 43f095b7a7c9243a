using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Runtime;

#if FREESTANDING
/// <summary>
/// The handler thread of one CPU, which starts this program's global threads and reports their exceptions. NOVA interface specification of
/// 24 January 2024, section 8.6.
/// </summary>
public static unsafe class EventPortals
{
    private const Mtd CrashState = Mtd.GPR0_7 | Mtd.GPR8_15 | Mtd.RFLAGS | Mtd.RIP | Mtd.QUAL;
    private const Mtd StartState = Mtd.GPR0_7 | Mtd.RIP;

    // Written once by start-up.
    private static delegate*<void> s_afterCrash;

    /// <summary>Sets what follows a crash report: it ends the program.</summary>
    public static void SetAfterCrash(delegate*<void> afterCrash) => s_afterCrash = afterCrash;

    /// <summary>Creates the handler thread of a CPU and binds its portals to a group of event selectors.</summary>
    /// <param name="domain">The domain that pays.</param>
    /// <param name="selector">An empty selector for the handler thread.</param>
    /// <param name="cpu">The CPU.</param>
    /// <param name="eventBase">Where the portals go: as many selectors as the information page says host events need.</param>
    /// <param name="ownEventBase">Event selectors of the handler thread itself.</param>
    /// <param name="architecturalEvents">SELHST/ARCH of the information page.</param>
    public static Status Create(
        ProtectionDomain domain, ulong selector, uint cpu, ulong eventBase, ulong ownEventBase, uint architecturalEvents)
    {
        var status = Threads.CreateLocal(selector, cpu, ownEventBase, "events"u8, out _);
        for (var number = 0u; number < architecturalEvents && status == Status.SUCCESS; number++)
            status = Bind(domain, selector, eventBase + number, number, CrashState, &OnException);

        if (status == Status.SUCCESS)
        {
            var startup = architecturalEvents + MicrohypervisorEvent.Startup;
            status = Bind(domain, selector, eventBase + startup, startup, StartState, &OnStartup);
        }

        return status;
    }

    /// <summary>Binds a STARTUP portal to a handler thread: global threads that raise it enter their functions.</summary>
    public static Status BindStartup(ProtectionDomain domain, ulong handler, ulong portal) =>
        Bind(domain, handler, portal, 0, StartState, &OnStartup);

    /// <summary>Binds one event's portal to a function of a handler thread.</summary>
    public static Status Bind(
        ProtectionDomain domain, ulong handler, ulong portal, ulong identifier, Mtd mtd, delegate*<ulong, uint, void> function)
    {
        var status = Portal.Create(portal, domain, new ExecutionContext(handler), Server.AddressOf(function));
        return status == Status.SUCCESS ? new Portal(portal).Configure(identifier, mtd) : status;
    }

    private static void OnException(ulong identifier, uint mtd)
    {
        CrashReport.Write(identifier, Server.State);
        if (s_afterCrash != null)
            s_afterCrash();

        Server.Resume(Mtd.POISON);
    }

    // The thread's stack pointer, set at its creation, leads to its block and so to its function.
    private static void OnStartup(ulong identifier, uint mtd)
    {
        var state = Server.State;
        var block = Threads.Find(state->RSP);
        if (block == null || block->Entry == null)
            Server.Resume(Mtd.POISON);

        state->RIP = (ulong)block->Entry;
        state->RDI = (ulong)block->Argument;
        Server.Resume(StartState);
    }
}
#endif
