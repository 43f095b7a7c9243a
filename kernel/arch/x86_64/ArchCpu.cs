namespace Kilonova.Kernel;

/// <summary>What the machine-dependent code keeps per CPU, at offset 0x400 of <see cref="Cpu"/>. Written by the CPU itself.</summary>
[StructLayout(LayoutKind.Explicit, Size = 0x400)]
public struct ArchCpu
{
    /// <summary>ID of the CPU's local APIC.</summary>
    [FieldOffset(0x00)] public uint ApicId;

    /// <summary>How far start-up has come: <see cref="Smp"/>.</summary>
    [FieldOffset(0x04)] public uint State;

    /// <summary>NMIs that nobody asked for.</summary>
    [FieldOffset(0x08)] public ulong UnknownNmis;

    /// <summary>Errors that the local APIC has reported.</summary>
    [FieldOffset(0x10)] public ulong ApicErrors;

    /// <summary>Debug exceptions in the kernel.</summary>
    [FieldOffset(0x18)] public ulong DebugExceptions;

    /// <summary>Written by the boot CPU while it measures this CPU's time-stamp counter, alone on its cache line.</summary>
    [FieldOffset(0x40)] public ulong SyncRequest;

    /// <summary>The answer to <see cref="SyncRequest"/>: the time-stamp counter.</summary>
    [FieldOffset(0x80)] public ulong SyncAnswer;

    /// <summary>Where the CPU's GDT lies: VM exits widen its limit.</summary>
    [FieldOffset(0xc0)] public DescriptorTable Gdt;

    /// <summary>1: a VM exit has cut the task state segment's limit, and with it the I/O permission bitmap.</summary>
    [FieldOffset(0xd0)] public uint IsTaskCut;
}
