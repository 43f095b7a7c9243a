namespace Kilonova.Fuzz;

/// <summary>Pseudo-random numbers (xorshift64*), the same for the same seed.</summary>
internal struct Dice
{
    private ulong _state;

    internal Dice(ulong seed) => _state = Mixed(seed);

    /// <summary>64 random bits.</summary>
    internal ulong Next()
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return _state * 0x2545f4914f6cdd1d;
    }

    /// <summary>A number below a bound that is not 0.</summary>
    internal ulong Below(ulong bound) => (Next() >> 11) % bound;

    /// <summary>True once in <paramref name="bound"/> times.</summary>
    internal bool OneIn(ulong bound) => Below(bound) == 0;

    /// <summary>A seed that has nothing to do with its neighbours (splitmix64); never 0.</summary>
    internal static ulong Mixed(ulong seed)
    {
        seed += 0x9e3779b97f4a7c15;
        seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9;
        seed = (seed ^ (seed >> 27)) * 0x94d049bb133111eb;
        seed ^= seed >> 31;
        return seed != 0 ? seed : 1;
    }
}
