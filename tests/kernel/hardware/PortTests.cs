using Kilonova.Abi;
using Kilonova.Formats.Acpi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.PlatformAccess;

/// <summary>Port I/O, sections 2.1.5, 6.1.3.3 and 8.2.2.</summary>
internal static unsafe class PortTests
{
    // Diagnostic ports that do nothing, and harmless neighbours.
    private const uint SomePort = 0xe0;
    private const uint RtcIndex = 0x70;
    private const uint RtcData = 0x71;
    private const uint LastPort = 0xffff;

    internal static void Run()
    {
        Suite.Run("A_port_that_was_not_given_is_GP"u8, &Denied);
        Suite.Run("A_port_that_was_given_works"u8, &Granted);
        Suite.Run("A_wide_access_needs_all_its_ports"u8, &WideAccess);
        Suite.Run("A_port_that_was_taken_back_is_GP_again"u8, &TakenBack);
        Suite.Run("Ranges_of_ports_are_given_whole"u8, &Ranges);
        Suite.Run("Without_permission_A_nothing_arrives"u8, &NeedsPermission);
        Suite.Run("Ports_belong_to_a_domain"u8, &OtherDomain);
        Suite.Run("The_machines_power_ports_are_nobodys"u8, &PowerPorts);
        Suite.Run("All_ports_can_be_given_at_once_but_the_kernels"u8, &AllPorts);
        if (Lab.CpuCount > 1)
            Suite.Run("Ports_work_on_every_cpu"u8, &EveryCpu);
    }

    private static bool IsDenied(uint port)
    {
        Fault.Expect();
        var isDenied = Probe.In8(port) != 0;
        if (isDenied)
            Fault.Check(HostEvent.GP, "denied"u8);

        Fault.Forget();
        return isDenied;
    }

    private static void Give(uint port, uint order, PioPermissions permissions = PioPermissions.A) =>
        Check.Succeeds(RootTask.NovaPioSpace.Delegate(RootTask.PioSpace, port, order, permissions), "ctrl_pd"u8);

    private static void Take(uint port, uint order) =>
        Check.Succeeds(RootTask.PioSpace.Delegate(RootTask.PioSpace, port, order, PioPermissions.None), "remove"u8);

    private static void Denied()
    {
        Check.True(IsDenied(SomePort), "in"u8);
        Check.Equal(Fault.Last.Qualification1, 0, "error code"u8);
        Fault.Expect();
        Check.Equal(Probe.Out8(SomePort, 0), 1, "out"u8);
        Fault.Check(HostEvent.GP, "out"u8);
        Check.True(IsDenied(0), "first port"u8);
        Check.True(IsDenied(LastPort), "last port"u8);
    }

    private static void Granted()
    {
        Give(RtcIndex, 1);
        Fault.Expect();
        Check.Equal(Probe.Out8(RtcIndex, 0x0d), 0, "out"u8);
        Fault.CheckNone("out"u8);

        // Register D: bit 7 says that the clock is valid; the others are 0 (MC146818A data sheet).
        Ports.Out8(RtcIndex, 0x0d);
        Check.Equal(Ports.In8(RtcData) & 0x80, 0x80, "the clock answers"u8);
        Check.True(IsDenied(RtcIndex + 2), "the next port"u8);
        Check.True(IsDenied(RtcIndex - 1), "the port before"u8);
        Take(RtcIndex, 1);
    }

    private static void WideAccess()
    {
        for (var i = 0u; i < 4; i++)
        {
            Fault.Expect();
            Check.Equal(Probe.In32(SomePort), 1, "not all of four ports"u8);
            Fault.Check(HostEvent.GP, "in"u8);
            Give(SomePort + i, 0);
        }

        Fault.Expect();
        Check.Equal(Probe.In32(SomePort), 0, "all of four ports"u8);
        Fault.CheckNone("in"u8);
        Take(SomePort, 2);
    }

    private static void TakenBack()
    {
        Give(SomePort, 0);
        Check.True(!IsDenied(SomePort), "given"u8);
        Take(SomePort, 0);
        Check.True(IsDenied(SomePort), "taken back"u8);
    }

    private static void Ranges()
    {
        Give(SomePort, 4);
        for (var i = 0u; i < 16; i++)
            Check.True(!IsDenied(SomePort + i), "within"u8);

        Check.True(IsDenied(SomePort + 16), "behind"u8);
        Check.True(IsDenied(SomePort - 1), "before"u8);
        Take(SomePort + 4, 2);
        for (var i = 0u; i < 16; i++)
            Check.Equal(IsDenied(SomePort + i) ? 1u : 0u, i is >= 4 and < 8 ? 1u : 0u, "a hole"u8);

        Take(SomePort, 4);
    }

    private static void NeedsPermission()
    {
        Give(SomePort, 0, PioPermissions.None);
        Check.True(IsDenied(SomePort), "mask 0"u8);
        Check.Succeeds(
            Hypercalls.CtrlPd(RootSelectors.NovaPioSpace, RootSelectors.PioSpace, SomePort, SomePort, 0, 0x1e, 0), "every other bit"u8);
        Check.True(IsDenied(SomePort), "mask without A"u8);
    }

    private static void ReadPort(ulong identifier, uint mtd)
    {
        _ = Probe.In8(SomePort);
        Server.Reply(1);
    }

    private static void OtherDomain()
    {
        Give(SomePort, 0);
        Check.True(!IsDenied(SomePort), "this domain"u8);
        var portal = Lab.ForeignServer(&ReadPort, out _, out _);
        Check.Is(portal.Call(1, out _), Status.ABORTED, "the other domain dies of it"u8);
        Check.True(!IsDenied(SomePort), "this domain still"u8);
        Take(SomePort, 0);
    }

    private static void CheckNobodys(uint port, System.ReadOnlySpan<byte> what)
    {
        if (port == 0)
            return;

        Give(port, 0);
        Check.True(IsDenied(port), what);
    }

    private static void PowerPorts()
    {
        var memory = default(PhysicalMemory);
        var rsdp = Rsdp.Read(memory, RootTask.Hip->AcpiRsdp, out _);
        var root = AcpiRoot.Read(memory, rsdp, out var address, out _);
        var fadt = AcpiRoot.Find(memory, root, address, AcpiSignature.Fadt, out var status);
        Check.True(status == AcpiStatus.Ok, "FADT"u8);
        CheckNobodys(Fadt.Pm1aControlPort(fadt), "PM1a_CNT"u8);
        CheckNobodys(Fadt.Pm1bControlPort(fadt), "PM1b_CNT"u8);
        CheckNobodys(Fadt.Pm2ControlPort(fadt), "PM2_CNT"u8);
        CheckNobodys(Fadt.SmiCommandPort(fadt), "SMI_CMD"u8);
        Give(Fadt.PmTimerPort(fadt), 0);
        Check.True(!IsDenied(Fadt.PmTimerPort(fadt)), "the timer is anybody's"u8);
        Take(Fadt.PmTimerPort(fadt), 0);
    }

    private static void AllPorts()
    {
        var space = new PioSpace(Lab.Selector());
        var domain = new ProtectionDomain(Lab.Selector());
        RootTask.Require(ProtectionDomain.Create(domain.Selector, Lab.Domain), "domain"u8);
        RootTask.Require(PioSpace.Create(space.Selector, domain), "port space"u8);
        Check.Succeeds(RootTask.NovaPioSpace.Delegate(space, 0, 16), "65536 ports"u8);
        Check.True(IsDenied(SomePort), "not here"u8);
        Check.Succeeds(space.Delegate(RootTask.PioSpace, SomePort, 0), "one of them"u8);
        Check.True(!IsDenied(SomePort), "here now"u8);
        Take(SomePort, 0);
    }

    private static Semaphore s_done;

    // A refusal would be a crash.
    private static void TryPort(nint argument)
    {
        _ = Ports.In8(RtcData);
        _ = s_done.Up();
    }

    private static void EveryCpu()
    {
        Give(RtcIndex, 1);
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            s_done = Lab.Semaphore(0);
            _ = Lab.Run(cpu, &TryPort);
            Check.Succeeds(Lab.WaitFor(s_done), "read"u8);
        }

        Take(RtcIndex, 1);
    }
}
