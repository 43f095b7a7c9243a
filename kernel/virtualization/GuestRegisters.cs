using System.Runtime.CompilerServices;

namespace Kilonova.Kernel;

/// <summary>
/// General registers between the frame of a guest context and a UTCB, where they have one order but for the stack pointer. Written out,
/// because this is most of an exit.
/// </summary>
public static unsafe class GuestRegisters
{
    /// <summary>RAX to RDI without RSP.</summary>
    public static void SaveLow(Registers* registers, ulong* utcb) => CopyLow(utcb, &registers->Rax);

    /// <summary>RAX to RDI without RSP.</summary>
    public static void LoadLow(Registers* registers, ulong* utcb) => CopyLow(&registers->Rax, utcb);

    /// <summary>R8 to R15.</summary>
    public static void SaveHigh(Registers* registers, ulong* utcb) => CopyHigh(utcb + 8, &registers->R8);

    /// <summary>R8 to R15.</summary>
    public static void LoadHigh(Registers* registers, ulong* utcb) => CopyHigh(&registers->R8, utcb + 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyLow(ulong* to, ulong* from)
    {
        to[0] = from[0];
        to[1] = from[1];
        to[2] = from[2];
        to[3] = from[3];
        to[5] = from[5];
        to[6] = from[6];
        to[7] = from[7];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CopyHigh(ulong* to, ulong* from)
    {
        to[0] = from[0];
        to[1] = from[1];
        to[2] = from[2];
        to[3] = from[3];
        to[4] = from[4];
        to[5] = from[5];
        to[6] = from[6];
        to[7] = from[7];
    }
}
