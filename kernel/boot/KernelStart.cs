using Kilonova.Formats.Multiboot;

namespace Kilonova.Kernel;

/// <summary>
/// From a machine whose hardware is ready to the kernel at work: accounts, spaces, interrupts, an idle context per CPU, the root domain.
/// </summary>
public static unsafe class KernelStart
{
    /// <summary>Most message-signalled interrupts: each has a semaphore from the start.</summary>
    private const uint MostMessages = 4096;

    private static Semaphore* s_console;

    /// <summary>Once, on the boot CPU, while the others wait. The log works, all CPUs are up, physical memory has been given.</summary>
    public static void Initialize(Cpu* cpu)
    {
        Panic.Require(Slab.Initialize() && ObjectSpace.Initialize(), "not enough memory for the kernel"u8);

        Quota* quota = Quota.CreateRoot((long)(PhysicalMemory.FreePages * PhysicalMemory.PageSize));
        Machine.Quota = quota;
        HostSpace.Initialize(
            (ulong*)DirectMap.ToVirtual(KernelSpace.Root), CpuFeatures.HasLargestPages, CpuFeatures.HasPcid, Speculation.HasBarriers);
        Fpu.Detect(CpuFeatures.IsIntel);
        Virtualization.Detect();
        NovaSpaces.Create(quota);
        for (uint i = 0; i < Machine.CpuCount; i++)
        {
            CreateIdle(Cpu.Of(i), quota);
            Panic.RequireMemory(Virtualization.TryPrepare(Cpu.Of(i)));
        }

        CreateConsoleSemaphore(quota);
        CreateInterrupts(quota);
        Iommu.Enable();
        LaunchRoot(cpu);
    }

    /// <summary>Every CPU, when the kernel is complete: begins to schedule and never returns.</summary>
    public static void Run(Cpu* cpu)
    {
        Fpu.Initialize(cpu);
        Virtualization.Enable(cpu);
        IoPermissions.Switch(cpu, null);
        cpu->ChargedFrom = Tsc.Read();
        cpu->FrameEnd = (ulong)cpu->Idle + ExecutionContext.FrameEnd;
        Scheduler.Schedule(cpu);
        Assembly.LeaveKernel();
    }

    /// <summary>A CPU's idle context, which is current until something is ready, and its scheduling context (specification, 6.1.3.1).</summary>
    private static void CreateIdle(Cpu* cpu, Quota* quota)
    {
        ExecutionContext* ec = Allocation.NewIdleContext(quota);
        SchedulingContext* sc = Allocation.NewSchedulingContext(quota);
        Panic.RequireMemory(ec != null && sc != null);

        ec->CpuNumber = (ushort)cpu->Number;
        ec->State = EcState.Running;
        ec->Continuation = (nint)(delegate*<ExecutionContext*, void>)&Idle.Wait;
        CreateSchedulingContext.Initialize(sc, ec, priority: 0);
        sc->State = ScState.Running;
        cpu->Idle = ec;
        cpu->IdleSc = sc;
        cpu->Current = ec;
        cpu->CurrentSc = sc;
        cpu->Serial = sc->Serial;
        cpu->TimerDeadline = ulong.MaxValue;
        cpu->BudgetEnd = ulong.MaxValue;
        NovaSpaces.Insert(NovaObjectSpace.IdleSchedulingContexts + cpu->Number, &sc->Head, (uint)ScPermissions.CTRL);
    }

    private static void CreateConsoleSemaphore(Quota* quota)
    {
        s_console = Allocation.NewSemaphore(quota);
        Panic.RequireMemory(s_console != null);

        NovaSpaces.Publish(NovaObjectSpace.ConsoleSemaphore, &s_console->Head, (uint)(SmPermissions.CTRL_UP | SmPermissions.CTRL_DN));
        Log.OnLineEnd(&SignalConsole);
    }

    /// <summary>A line has been written to the memory-buffer console (specification, C.1).</summary>
    private static void SignalConsole() => _ = Semaphore.Up(s_console);

    /// <summary>Every pin and message as a semaphore in the NOVA object space.</summary>
    private static void CreateInterrupts(Quota* quota)
    {
        uint pins = IoApic.Pins;
        uint messages = Machine.CpuCount * (Vectors.LastDevice - Vectors.FirstDevice + 1u);
        messages = messages < MostMessages ? messages : MostMessages;
        uint order = 0;
        while ((PhysicalMemory.PageSize << (int)order) < (pins + messages) * (ulong)sizeof(Interrupt))
            order++;

        Interrupt* table = (Interrupt*)PhysicalMemory.Allocate(order);
        Panic.RequireMemory(table != null);

        Memory.Zero(table, (nuint)(PhysicalMemory.PageSize << (int)order));
        for (uint i = 0; i < pins + messages; i++)
        {
            Semaphore* sm = Allocation.NewSemaphore(quota);
            Panic.RequireMemory(sm != null);

            Semaphore.Initialize(sm, 0, i + 1);
            table[i].Semaphore = sm;
            NovaSpaces.Insert(NovaObjectSpace.InterruptSemaphores + i, &sm->Head, (uint)(SmPermissions.ASSIGN | SmPermissions.CTRL_DN));
        }

        Interrupts.Initialize(table, pins, messages);
    }

    /// <summary>The first module is the root image (specification, section 6.2.1).</summary>
    private static void LaunchRoot(Cpu* cpu)
    {
        ref BootInformation information = ref Boot.Information;
        void* page = PhysicalMemory.AllocatePage();
        Panic.RequireMemory(page != null);

        InformationPage.Fill(page, information.RootStart, information.RootEnd);
        RootDomain.Launch(
            cpu, information.RootStart, information.RootEnd - information.RootStart, information.Magic, information.Address);
    }
}
