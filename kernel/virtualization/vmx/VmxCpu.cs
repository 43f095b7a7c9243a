using System.Runtime.InteropServices;

namespace Kilonova.Kernel;

/// <summary>What VMX needs for a virtual CPU beside its VMCS. Mirrored in vmx.S.</summary>
[StructLayout(LayoutKind.Explicit, Size = 0x48)]
public struct VmxCpu
{
    /// <summary>Registers that no field of the VMCS switches. Values that the CPU accepts.</summary>
    [FieldOffset(0x00)] public ulong Star;

    [FieldOffset(0x08)] public ulong Lstar;

    [FieldOffset(0x10)] public ulong Fmask;

    [FieldOffset(0x18)] public ulong KernelGsBase;

    /// <summary>Whether VMRESUME is due instead of VMLAUNCH.</summary>
    [FieldOffset(0x20)] public uint Launched;

    /// <summary>Whether the VMCS has been initialized. From then on its CPU may hold it in its caches.</summary>
    [FieldOffset(0x24)] public uint Initialized;

    /// <summary>The monitor's primary (low) and secondary controls.</summary>
    [FieldOffset(0x28)] public ulong Wishes;

    /// <summary>Exceptions that the monitor wants to hear of.</summary>
    [FieldOffset(0x30)] public uint Exceptions;

    /// <summary>The windows that the monitor wants to hear of: bits of <see cref="Abi.InterruptionInfo"/>.</summary>
    [FieldOffset(0x34)] public uint Windows;

    /// <summary>The controls in the VMCS.</summary>
    [FieldOffset(0x38)] public uint Primary;

    [FieldOffset(0x3c)] public uint Secondary;

    /// <summary>DR6 while the virtual CPU does not own the CPU's.</summary>
    [FieldOffset(0x40)] public ulong Dr6;
}
