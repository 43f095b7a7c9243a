using Kilonova.Manifest;

namespace Kilonova.Sigma0;

/// <summary>How a component's life ended.</summary>
public enum EndOfLife
{
    /// <summary>By itself, with code 0.</summary>
    Done,

    /// <summary>By itself, with another code.</summary>
    Failed,

    /// <summary>By an exception.</summary>
    Crashed,

    /// <summary>Somebody killed it.</summary>
    Killed,

    /// <summary>Somebody stopped it: it stays ended whatever its policy.</summary>
    Stopped,
}

/// <summary>
/// When a component that ended is started again. Each restart within <see cref="CalmMilliseconds"/> of the one before waits twice as long, so
/// that a component that cannot live takes little of the machine; after <see cref="MaxRestarts"/> in a row it is given up.
/// </summary>
public sealed class RestartGovernor
{
    /// <summary>A life that lasted so long makes former restarts forgotten.</summary>
    public const ulong CalmMilliseconds = 10_000;

    /// <summary>Most restarts in a row.</summary>
    public const int MaxRestarts = 10;

    private const ulong FirstDelayMilliseconds = 10;

    private int _inARow;

    /// <summary>Decides.</summary>
    /// <param name="policy">The component's policy.</param>
    /// <param name="end">How it ended.</param>
    /// <param name="livedMilliseconds">How long it lived.</param>
    /// <param name="delayMilliseconds">When to start it, from now.</param>
    /// <returns>Whether to start it.</returns>
    public bool Decide(RestartPolicy policy, EndOfLife end, ulong livedMilliseconds, out ulong delayMilliseconds)
    {
        delayMilliseconds = 0;
        var wanted = policy switch
        {
            RestartPolicy.Always => end != EndOfLife.Stopped,
            RestartPolicy.OnFailure => end is not (EndOfLife.Done or EndOfLife.Stopped),
            _ => false,
        };
        if (livedMilliseconds >= CalmMilliseconds || end == EndOfLife.Killed)
            _inARow = 0;

        if (!wanted || _inARow == MaxRestarts)
            return false;

        delayMilliseconds = FirstDelayMilliseconds << _inARow++;
        return true;
    }

    /// <summary>Somebody starts it by hand: it has all its chances again.</summary>
    public void Forget() => _inARow = 0;
}
