// The 32-bit floating-point number. Arithmetic is the processor's; there is no conversion to or from text.
namespace System;

public readonly struct Single : IEquatable<float>
{
    private readonly float _value;

    public const float MinValue = -3.40282346638528859e+38f;
    public const float MaxValue = 3.40282346638528859e+38f;
    public const float Epsilon = 1.4e-45f;
    public const float NaN = 0.0f / 0.0f;
    public const float PositiveInfinity = 1.0f / 0.0f;
    public const float NegativeInfinity = -1.0f / 0.0f;

#pragma warning disable CS1718 // Comparing with itself is how a NaN is found.
    public static bool IsNaN(float f) => f != f;
#pragma warning restore CS1718

    public bool Equals(float obj) => _value == obj || (IsNaN(_value) && IsNaN(obj));

    public override bool Equals(object? obj) => obj is float other && Equals(other);

    public override unsafe int GetHashCode()
    {
        float value = _value == 0 ? 0 : _value;
        return *(int*)&value;
    }
}
