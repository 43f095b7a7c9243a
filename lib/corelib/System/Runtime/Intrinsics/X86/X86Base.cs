// Instructions of every x86-64 processor. The compiler expands the methods; IsSupported is a constant. (CPUID has no expansion here.)
namespace System.Runtime.Intrinsics.X86;

[Intrinsic]
public abstract class X86Base
{
    internal X86Base()
    {
    }

    public static bool IsSupported => IsSupported;

    public static void Pause() => Pause();

    public static (uint Quotient, uint Remainder) DivRem(uint lower, uint upper, uint divisor) => DivRem(lower, upper, divisor);

    public static (int Quotient, int Remainder) DivRem(uint lower, int upper, int divisor) => DivRem(lower, upper, divisor);

    internal static uint BitScanForward(uint value) => BitScanForward(value);

    internal static uint BitScanReverse(uint value) => BitScanReverse(value);

    [Intrinsic]
    public abstract class X64
    {
        internal X64()
        {
        }

        public static bool IsSupported => IsSupported;

        public static (ulong Quotient, ulong Remainder) DivRem(ulong lower, ulong upper, ulong divisor) => DivRem(lower, upper, divisor);

        public static (long Quotient, long Remainder) DivRem(ulong lower, long upper, long divisor) => DivRem(lower, upper, divisor);

        internal static ulong BitScanForward(ulong value) => BitScanForward(value);

        internal static ulong BitScanReverse(ulong value) => BitScanReverse(value);
    }
}
