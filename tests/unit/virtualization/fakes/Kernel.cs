using System.Collections.Generic;
using Kilonova.Abi;

namespace Kilonova.Kernel;

// What the code under test names of the rest of the kernel.

public struct HostSpace;

public struct PioSpace;

public struct MsrSpace;

public unsafe struct ExecutionContext
{
    public Registers Registers;
    public ulong* Utcb;
    public void* FpuState;
    public VirtualCpu* Virtual;
}

public unsafe struct Cpu
{
    private static Cpu* s_this;

    public GuestCpu Guests;

    public static Cpu* This => s_this == null ? s_this = (Cpu*)System.Runtime.InteropServices.NativeMemory.AllocZeroed((nuint)sizeof(Cpu)) : s_this;
}

public static unsafe class Guests
{
    public static int Flushes { get; set; }

    public static void Flush(Cpu* cpu, ExecutionContext* ec) => Flushes++;
}

public static class Fpu
{
    public static ulong Accept(ulong xcr0) => (xcr0 & 7) | 1;
}

public static class CpuFeatures
{
    public static bool HasTscAux => true;
}

public static unsafe class VmxEntry
{
    public static void Select(Cpu* cpu, ExecutionContext* ec)
    {
    }

    public static void UpdateControls(VirtualCpu* guest)
    {
        guest->Vmx.Primary = Vmx.Controls.PrimaryWord((uint)guest->Vmx.Wishes, 0);
        guest->Vmx.Secondary = Vmx.Controls.SecondaryWord((uint)(guest->Vmx.Wishes >> 32));
    }
}

/// <summary>A VMCS in which every field that was never written reads 0, with fields as wide as their encodings say.</summary>
public static unsafe class Vmx
{
    private static VmxControls s_controls;

    public static Dictionary<uint, ulong> Fields { get; } = [];

    public static HashSet<uint> Written { get; } = [];

    public static ref VmxControls Controls => ref s_controls;

    public static ulong Cr4May { get; set; } = 0x3f_ffff;

    public static ulong Read(uint field) => Fields.GetValueOrDefault(field);

    public static void Write(uint field, ulong value)
    {
        Written.Add(field);
        Fields[field] = (field >> 13 & 3) switch
        {
            0 => (ushort)value,
            2 => (uint)value,
            _ => value,
        };
    }

    public static void SaveInstruction(ulong* utcb) => utcb[0x88 / 8] = Read(VmcsField.GuestRip);

    public static void SaveQualifications(ulong* utcb) => utcb[0xa0 / 8] = Read(VmcsField.Qualification);
}
