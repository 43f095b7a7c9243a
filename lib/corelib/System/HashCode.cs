// Mixing hash codes. The same in every run, so not fit against an attacker who chooses keys.
namespace System;

public struct HashCode
{
    private uint _state;

    public static int Combine<T1>(T1 value1)
    {
        HashCode hash = default;
        hash.Add(value1);
        return hash.ToHashCode();
    }

    public static int Combine<T1, T2>(T1 value1, T2 value2)
    {
        HashCode hash = default;
        hash.Add(value1);
        hash.Add(value2);
        return hash.ToHashCode();
    }

    public static int Combine<T1, T2, T3>(T1 value1, T2 value2, T3 value3)
    {
        HashCode hash = default;
        hash.Add(value1);
        hash.Add(value2);
        hash.Add(value3);
        return hash.ToHashCode();
    }

    public static int Combine<T1, T2, T3, T4>(T1 value1, T2 value2, T3 value3, T4 value4)
    {
        HashCode hash = default;
        hash.Add(value1);
        hash.Add(value2);
        hash.Add(value3);
        hash.Add(value4);
        return hash.ToHashCode();
    }

    public void Add<T>(T value)
    {
        uint hash = (uint)(value?.GetHashCode() ?? 0);
        _state = (((_state << 5) | (_state >> 27)) ^ hash) * 0x9e37_79b1;
    }

    public readonly int ToHashCode()
    {
        uint hash = _state ^ (_state >> 15);
        hash *= 0x85eb_ca77;
        return (int)(hash ^ (hash >> 13));
    }
}
