using System;

namespace Kilonova.Switching;

/// <summary>
/// A rate as a bucket of tokens: in any stretch of time no more are taken than the bucket holds plus what the rate adds meanwhile. Exact: a
/// rate of tokens a second is as many millionths of a token a microsecond.
/// </summary>
public struct TokenBucket
{
    /// <summary>Highest rate and largest bucket.</summary>
    public const ulong Max = 1_000_000_000_000;

    private const ulong Millionths = 1_000_000;

    private readonly ulong _rate;
    private readonly ulong _size;

    // In millionths of a token, as of _filled.
    private ulong _credit;
    private ulong _filled;

    /// <summary>A full bucket.</summary>
    /// <param name="rate">Tokens a second, at most <see cref="Max"/>; 0 for as many as anybody wants.</param>
    /// <param name="size">Tokens that it holds, at most <see cref="Max"/>.</param>
    public TokenBucket(ulong rate, ulong size)
    {
        _rate = Math.Min(rate, Max);
        _size = _credit = Math.Min(size, Max) * Millionths;
        _filled = 0;
    }

    /// <summary>Whether so many tokens are there.</summary>
    /// <param name="tokens">At most the size of the bucket.</param>
    /// <param name="now">Microseconds; never goes back.</param>
    public bool Has(ulong tokens, ulong now)
    {
        Fill(now);
        return _rate == 0 || _credit >= tokens * Millionths;
    }

    /// <summary>Takes tokens that are there.</summary>
    public void Take(ulong tokens)
    {
        if (_rate != 0)
            _credit -= tokens * Millionths;
    }

    /// <summary>The first microsecond at which so many tokens are there, if none is taken before.</summary>
    public ulong WhenHas(ulong tokens, ulong now)
    {
        if (Has(tokens, now))
            return now;

        var missing = tokens * Millionths - _credit;
        return now + (missing + _rate - 1) / _rate;
    }

    private void Fill(ulong now)
    {
        var elapsed = now - _filled;
        _filled = now;
        if (_rate == 0)
            return;

        // Compared before it is multiplied: the product may not fit.
        var missing = _size - _credit;
        _credit = elapsed > missing / _rate ? _size : _credit + elapsed * _rate;
    }
}
