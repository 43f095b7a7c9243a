// Which exit enters where, and what of the virtual CPU's state it brings: as little as its handler looks at.
using System.Runtime.CompilerServices;
using Kilonova.Abi;
using Kilonova.Runtime;
using Kilonova.Vmm.Exits;

namespace Kilonova.Vmm.Monitors;

/// <summary>The portals of a virtual CPU.</summary>
internal static class ExitPortals
{
    /// <summary>The event of a recall.</summary>
    internal const uint RecallEvent = GuestEvent.Count + MicrohypervisorEvent.Recall;

    /// <summary>What a recall brings for interrupts.</summary>
    internal const Mtd LeanRecall = Interrupts;

    /// <summary>What a recall brings for the emulator.</summary>
    internal const Mtd FullRecall = GuestState.Emulation | Mtd.PDPTE;

    private const uint EventMask = 0xffff;
    private const uint StartupEvent = GuestEvent.Count + MicrohypervisorEvent.Startup;
    private const Mtd Interrupts = Mtd.RFLAGS | Mtd.STA | Mtd.INJ;
    private const Mtd Instruction = Mtd.GPR0_7 | Mtd.RFLAGS | Mtd.RIP | Mtd.STA;
    private const Mtd Registers = Instruction | Mtd.EFER | Mtd.CR;
    private const Mtd Report = GuestState.Emulation | Mtd.QUAL;

    /// <summary>Makes the portals of one virtual CPU.</summary>
    internal static void Bind(VirtualCpuContext context, VirtualizationKind kind)
    {
        context.Bind<StartupExit>(StartupEvent, Mtd.None, vector: false);
        context.Bind<RecallExit>(RecallEvent, LeanRecall, vector: true);
        if (kind == VirtualizationKind.Svm)
            BindSvm(context);
        else
            BindVmx(context);
    }

    private static void BindSvm(VirtualCpuContext context)
    {
        context.Bind<DebugExit>(SvmExit.Debug, Interrupts, vector: false);
        context.Bind<AlignmentExit>(SvmExit.AlignmentCheck, Interrupts | Mtd.CR, vector: false);
        context.Bind<CpuidExit>(SvmExit.Cpuid, Instruction, vector: false);
        context.Bind<PortSvmExit>(SvmExit.Port, Instruction | Mtd.QUAL, vector: false);
        context.Bind<MsrSvmExit>(SvmExit.Msr, Registers | Mtd.QUAL, vector: false);
        context.Bind<MemorySvmExit>(SvmEvent.NestedPageFault, Report, vector: false);
        context.BindRest<EmulateMemory>();
        context.Bind<TaskPriorityExit>(SvmExit.WriteTaskPriority, Report, vector: true);
        context.Bind<HaltExit>(SvmExit.Halt, Interrupts | Mtd.RIP, vector: false);
        context.Bind<WindowExit>(SvmExit.VirtualInterrupt, Interrupts, vector: false);
        context.Bind<WindowExit>(SvmExit.NonMaskableInterrupt, Interrupts, vector: false);
        context.Bind<NothingExit>(SvmExit.Invalidate, Interrupts | Mtd.RIP, vector: false);
        context.Bind<NothingExit>(SvmExit.WriteBackInvalidate, Interrupts | Mtd.RIP, vector: false);
        context.Bind<NothingExit>(SvmExit.Pause, Interrupts | Mtd.RIP, vector: false);
        context.Bind<HypercallExit>(SvmExit.Call, Instruction, vector: false);
        context.Bind<TimestampExit>(SvmExit.ReadTimestamp, Instruction, vector: false);
        context.Bind<TimestampAndIdExit>(SvmExit.ReadTimestampAndId, Instruction, vector: false);
        context.Bind<ForbiddenExit>(SvmExit.ReadPerformance, Interrupts | Mtd.CR, vector: false);
        context.Bind<UndefinedExit>(SvmExit.InvalidatePageAsid, Interrupts, vector: false);
        context.Bind<UndefinedExit>(SvmExit.Run, Interrupts, vector: false);
        for (var number = SvmExit.Call + 1; number <= SvmExit.LastVirtualization; number++)
            context.Bind<UndefinedExit>(number, Interrupts, vector: false);

        context.Bind<UndefinedExit>(SvmExit.Monitor, Interrupts, vector: false);
        context.Bind<UndefinedExit>(SvmExit.Wait, Interrupts, vector: false);
        context.Bind<UndefinedExit>(SvmExit.WaitArmed, Interrupts, vector: false);
        context.Bind<UndefinedExit>(SvmExit.SetExtendedControl, Interrupts, vector: false);

        // RSM outside of system management mode, and RDPRU, which CPUID does not show. An exit without a portal would end the virtual CPU
        // and nobody would hear of it.
        context.Bind<UndefinedExit>(SvmExit.ResumeFromManagement, Interrupts, vector: false);
        context.Bind<UndefinedExit>(SvmExit.ReadProcessor, Interrupts, vector: false);
        context.Bind<StopExit>(SvmExit.Freeze, Report, vector: true);
        context.Bind<ShutdownExit>(SvmExit.Shutdown, Report, vector: true);
        context.Bind<StopExit>(SvmEvent.Invalid, Report, vector: true);
    }

    private static void BindVmx(VirtualCpuContext context)
    {
        context.Bind<CpuidExit>(VmxEvent.Cpuid, Instruction, vector: false);
        context.Bind<PortVmxExit>(VmxEvent.IoAccess, Instruction | Mtd.QUAL, vector: false);
        context.Bind<ReadMsrExit>(VmxEvent.Rdmsr, Registers, vector: false);
        context.Bind<WriteMsrExit>(VmxEvent.Wrmsr, Registers, vector: false);
        context.Bind<MemoryVmxExit>(VmxEvent.EptViolation, Report | Mtd.PDPTE, vector: true);
        context.Bind<ControlRegisterExit>(VmxEvent.CrAccess, Report | Mtd.TR, vector: true);
        context.Bind<HaltExit>(VmxEvent.Hlt, Interrupts | Mtd.RIP, vector: false);
        context.Bind<WindowExit>(VmxEvent.InterruptWindow, Interrupts, vector: false);
        context.Bind<WindowExit>(VmxEvent.NmiWindow, Interrupts, vector: false);
        context.Bind<NothingExit>(VmxEvent.Invd, Interrupts | Mtd.RIP, vector: false);
        context.Bind<NothingExit>(VmxEvent.Wbinvd, Interrupts | Mtd.RIP, vector: false);
        context.Bind<NothingExit>(VmxEvent.Pause, Interrupts | Mtd.RIP, vector: false);
        context.Bind<HypercallExit>(VmxEvent.Vmcall, Instruction, vector: false);
        context.Bind<TimestampExit>(VmxEvent.Rdtsc, Instruction, vector: false);
        context.Bind<TimestampAndIdExit>(VmxEvent.Rdtscp, Instruction, vector: false);
        context.Bind<ForbiddenExit>(VmxEvent.Rdpmc, Interrupts | Mtd.CR, vector: false);
        context.Bind<UndefinedExit>(VmxEvent.Getsec, Interrupts, vector: false);
        for (var number = VmxEvent.Vmclear; number <= VmxEvent.Vmxon; number++)
            context.Bind<UndefinedExit>(number, Interrupts, vector: false);

        context.Bind<UndefinedExit>(VmxEvent.Mwait, Interrupts, vector: false);
        context.Bind<UndefinedExit>(VmxEvent.Monitor, Interrupts, vector: false);
        context.Bind<UndefinedExit>(VmxEvent.Invept, Interrupts, vector: false);
        context.Bind<UndefinedExit>(VmxEvent.Invvpid, Interrupts, vector: false);
        context.Bind<UndefinedExit>(VmxEvent.Vmfunc, Interrupts, vector: false);
        context.Bind<UndefinedExit>(VmxEvent.Xsetbv, Interrupts, vector: false);
        context.Bind<UndefinedExit>(VmxEvent.Xsaves, Interrupts, vector: false);
        context.Bind<UndefinedExit>(VmxEvent.Xrstors, Interrupts, vector: false);
        context.Bind<ShutdownExit>(VmxEvent.TripleFault, Report, vector: true);
        context.Bind<StopExit>(VmxEvent.EntryFailureState, Report, vector: true);
        context.Bind<StopExit>(VmxEvent.EntryFailureMsr, Report, vector: true);
        context.Bind<StopExit>(VmxEvent.EntryFailureMce, Report, vector: true);
        context.Bind<StopExit>(VmxEvent.EptMisconfiguration, Report, vector: true);

        // An exception that came while something else was being delivered; and hardware task switches, which always exit.
        context.Bind<StopExit>(VmxEvent.ExceptionOrNmi, Report, vector: true);
        context.Bind<StopExit>(VmxEvent.TaskSwitch, Report, vector: true);
    }

    // The virtual CPU whose exit it is; the exit is counted.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static VirtualProcessor Processor(ulong identifier)
    {
        var processor = VirtualCpus.Processors[(int)(identifier >> VirtualCpuContext.IdentifierShift)];
        processor.Count((uint)identifier & EventMask);
        return processor;
    }

    private struct StartupExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).Startup(ref state);
    }

    private struct RecallExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).Recall(ref state);
    }

    private struct CpuidExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).Cpuid(ref state);
    }

    private struct PortSvmExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).PortSvm(ref state);
    }

    private struct PortVmxExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).PortVmx(ref state);
    }

    private struct MsrSvmExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).MsrSvm(ref state);
    }

    private struct ReadMsrExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).ReadMsr(ref state);
    }

    private struct WriteMsrExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).WriteMsr(ref state);
    }

    private struct MemorySvmExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).MemorySvm(ref state);
    }

    private struct EmulateMemory : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) =>
            VirtualCpus.Processors[(int)(identifier >> VirtualCpuContext.IdentifierShift)].EmulateMemory(ref state);
    }

    private struct MemoryVmxExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).MemoryVmx(ref state);
    }

    private struct ControlRegisterExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).ControlRegisterVmx(ref state);
    }

    private struct TaskPriorityExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).TaskPrioritySvm(ref state);
    }

    private struct DebugExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).Debug(ref state);
    }

    private struct AlignmentExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).AlignmentCheck(ref state);
    }

    private struct HaltExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).Halt(ref state);
    }

    private struct WindowExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).Window(ref state);
    }

    private struct NothingExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).Nothing(ref state);
    }

    private struct HypercallExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).Hypercall(ref state);
    }

    private struct TimestampExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).ReadTimestamp(ref state);
    }

    private struct TimestampAndIdExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).ReadTimestampAndId(ref state);
    }

    private struct UndefinedExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).Undefined(ref state);
    }

    private struct ForbiddenExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).Forbidden(ref state);
    }

    private struct ShutdownExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) => Processor(identifier).Shutdown(ref state);
    }

    private struct StopExit : IEventHandler
    {
        public static Mtd Handle(ulong identifier, ref ArchitecturalState state) =>
            Processor(identifier).Stop(ref state, (uint)identifier & EventMask);
    }
}
