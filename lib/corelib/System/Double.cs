// The 64-bit floating-point number. Arithmetic is the processor's; there is no conversion to or from text.
namespace System;

public readonly struct Double : IEquatable<double>
{
    private readonly double _value;

    public const double MinValue = -1.7976931348623157E+308;
    public const double MaxValue = 1.7976931348623157E+308;
    public const double Epsilon = 4.9406564584124654E-324;
    public const double NaN = 0.0 / 0.0;
    public const double PositiveInfinity = 1.0 / 0.0;
    public const double NegativeInfinity = -1.0 / 0.0;

#pragma warning disable CS1718 // Comparing with itself is how a NaN is found.
    public static bool IsNaN(double d) => d != d;
#pragma warning restore CS1718

    public bool Equals(double obj) => _value == obj || (IsNaN(_value) && IsNaN(obj));

    public override bool Equals(object? obj) => obj is double other && Equals(other);

    public override unsafe int GetHashCode()
    {
        double value = _value == 0 ? 0 : _value;
        long bits = *(long*)&value;
        return (int)bits ^ (int)(bits >> 32);
    }
}
