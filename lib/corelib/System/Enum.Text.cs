// Enums as numbers. Their names are not kept in the image: text is the number, as .NET prints values without a name.
namespace System;

public abstract unsafe partial class Enum : IComparable, IFormattable
{
    /// <summary>The value, sign-extended for signed underlying types.</summary>
    internal long ToInt64Bits()
    {
        ref byte data = ref this.GetRawData();
        return m_pEEType->ElementType switch
        {
            ElementType.Boolean or ElementType.Byte => data,
            ElementType.SByte => (sbyte)data,
            ElementType.Int16 => Unsafe.As<byte, short>(ref data),
            ElementType.UInt16 or ElementType.Char => Unsafe.As<byte, ushort>(ref data),
            ElementType.Int32 => Unsafe.As<byte, int>(ref data),
            ElementType.UInt32 => Unsafe.As<byte, uint>(ref data),
            _ => Unsafe.As<byte, long>(ref data),
        };
    }

    private bool IsUnsigned64 => m_pEEType->ElementType is ElementType.UInt64 or ElementType.UIntPtr;

    [Intrinsic]
    public bool HasFlag(Enum flag)
    {
        long bits = flag.ToInt64Bits();
        return (ToInt64Bits() & bits) == bits;
    }

    public override bool Equals(object? obj) => obj is not null && obj.m_pEEType == m_pEEType && ((Enum)obj).ToInt64Bits() == ToInt64Bits();

    public override int GetHashCode() => ToInt64Bits().GetHashCode();

    public int CompareTo(object? target)
    {
        if (target is null)
            return 1;
        if (target.m_pEEType != m_pEEType)
            throw new ArgumentException("Object must be the same type as the enum.");
        long other = ((Enum)target).ToInt64Bits();
        return IsUnsigned64 ? ((ulong)ToInt64Bits()).CompareTo((ulong)other) : ToInt64Bits().CompareTo(other);
    }

    public override string ToString() => IsUnsigned64 ? ((ulong)ToInt64Bits()).ToString() : ToInt64Bits().ToString();

    /// <summary>G, F and D give the decimal number, X its digits in the width of the underlying type.</summary>
    public string ToString(string? format)
    {
        if (string.IsNullOrEmpty(format) || format[0] is not ('x' or 'X'))
            return ToString();
        int digits = 2 * (int)m_pEEType->ValueTypeSize;
        string hex = ((ulong)ToInt64Bits()).ToString("X16");
        return hex.Substring(hex.Length - digits);
    }

    public string ToString(string? format, IFormatProvider? provider) => ToString(format);
}
