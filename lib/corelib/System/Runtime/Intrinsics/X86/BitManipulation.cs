// Bit counting instructions of later processors, supported where the image's instruction set has them.
namespace System.Runtime.Intrinsics.X86;

[Intrinsic]
public abstract class Popcnt : Sse2
{
    internal Popcnt()
    {
    }

    public static new bool IsSupported => IsSupported;

    public static uint PopCount(uint value) => PopCount(value);

    [Intrinsic]
    public new abstract class X64 : X86Base.X64
    {
        internal X64()
        {
        }

        public static new bool IsSupported => IsSupported;

        public static ulong PopCount(ulong value) => PopCount(value);
    }
}

[Intrinsic]
public abstract class Lzcnt : X86Base
{
    internal Lzcnt()
    {
    }

    public static new bool IsSupported => IsSupported;

    public static uint LeadingZeroCount(uint value) => LeadingZeroCount(value);

    [Intrinsic]
    public new abstract class X64 : X86Base.X64
    {
        internal X64()
        {
        }

        public static new bool IsSupported => IsSupported;

        public static ulong LeadingZeroCount(ulong value) => LeadingZeroCount(value);
    }
}

[Intrinsic]
public abstract class Bmi1 : X86Base
{
    internal Bmi1()
    {
    }

    public static new bool IsSupported => IsSupported;

    public static uint TrailingZeroCount(uint value) => TrailingZeroCount(value);

    public static uint ResetLowestSetBit(uint value) => ResetLowestSetBit(value);

    [Intrinsic]
    public new abstract class X64 : X86Base.X64
    {
        internal X64()
        {
        }

        public static new bool IsSupported => IsSupported;

        public static ulong TrailingZeroCount(ulong value) => TrailingZeroCount(value);

        public static ulong ResetLowestSetBit(ulong value) => ResetLowestSetBit(value);
    }
}
