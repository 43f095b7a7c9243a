// Semaphores on the host.
using System;
using System.Diagnostics;
using System.Threading;

namespace Kilonova.Rings.Tests;

/// <summary>
/// Counts. Where a real semaphore would sleep, it runs <see cref="OnSleep"/> and then times out if there is still no credit.
/// </summary>
internal sealed class Counter
{
    public int Credits { get; set; }

    public int Ups { get; private set; }

    public int Downs { get; private set; }

    public ulong Noted { get; set; }

    public bool Gone { get; set; }

    public Action? OnSleep { get; set; }

    public FakeSemaphore Handle => new(this);

    public SemaphoreStatus Up()
    {
        if (Gone)
            return SemaphoreStatus.Gone;
        Ups++;
        Credits++;
        return SemaphoreStatus.Ok;
    }

    public SemaphoreStatus Down()
    {
        Downs++;
        if (Credits == 0)
            OnSleep?.Invoke();
        if (Gone)
            return SemaphoreStatus.Gone;
        if (Credits == 0)
            return SemaphoreStatus.TimedOut;
        Credits--;
        return SemaphoreStatus.Ok;
    }
}

internal readonly struct FakeSemaphore(Counter counter) : ISemaphore
{
    public SemaphoreStatus Up() => counter.Up();

    public SemaphoreStatus Down(ulong deadline) => counter.Down();

    public void Note(ulong records) => counter.Noted += records;
}

/// <summary>A real one, for threads. Deadlines are in ticks of <see cref="Stopwatch"/>.</summary>
internal readonly struct HostSemaphore(SemaphoreSlim semaphore) : ISemaphore
{
    public void Note(ulong records)
    {
    }

    public SemaphoreStatus Up()
    {
        semaphore.Release();
        return SemaphoreStatus.Ok;
    }

    public SemaphoreStatus Down(ulong deadline)
    {
        if (deadline == 0)
        {
            semaphore.Wait();
            return SemaphoreStatus.Ok;
        }

        TimeSpan left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), (long)deadline);
        bool taken = semaphore.Wait(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        return taken ? SemaphoreStatus.Ok : SemaphoreStatus.TimedOut;
    }
}
