// The guest's console as a view of the console component.
using System;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;
using Kilonova.Vmm.Models;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Vmm.Monitors;

/// <summary>
/// Takes what the guest sends into a ring, and a thread of its own brings it to the console in pieces, so that a virtual CPU never waits for
/// the console. Keys go the other way. What the guest sends faster than the console shows it is lost, and counted.
/// </summary>
internal sealed class SerialConsole : ISerialSink
{
    private const int RingSize = 1 << 15;
    private const int PieceSize = 1024;
    private const int KeysSize = 64;
    private const ulong GatherMilliseconds = 2;
    private const ulong RetryMilliseconds = 20;

    // So soon a console that is gone is noticed while the guest is silent.
    private const ulong PatienceMilliseconds = 1000;

    private readonly byte[] _ring = new byte[RingSize];
    private readonly byte[] _keys = new byte[KeysSize];
    private readonly Semaphore _work = MachineLock.NewSemaphore();
    private ulong _portals;
    private ulong _session;

    // Counts of bytes: written by the port's lock holder, and by the thread.
    private uint _sent;
    private uint _shown;

    // The thread sleeps, and is to be woken.
    private int _asleep;
    private int _firstKey;
    private int _lastKey;

    /// <summary>The port; set before the thread runs.</summary>
    internal ISerialReceiver? Port { get; set; }

    /// <summary>Bytes that were lost.</summary>
    internal ulong Lost { get; private set; }

    private ConsoleClient<PortalTransport> Client => new(new PortalTransport(new Portal(_portals + Server.Cpu)));

    public void Transmit(byte value)
    {
        var sent = _sent;
        if (sent - Volatile.Read(ref _shown) == RingSize)
        {
            Lost++;
            return;
        }

        _ring[sent % RingSize] = value;
        Volatile.Write(ref _sent, sent + 1);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _asleep) != 0)
        {
            Volatile.Write(ref _asleep, 0);
            _ = _work.Up();
        }
    }

    /// <summary>The thread's life.</summary>
    internal void Run()
    {
        _portals = Component.TakeSelectors(SelectorAllocator.MaxOrder);
        Open();
        while (true)
        {
            Show();
            TakeKeys();
            if (_firstKey != _lastKey)
            {
                Component.Sleep(GatherMilliseconds);
                continue;
            }

            Volatile.Write(ref _asleep, 1);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _sent) == _shown)
                _ = _work.DownToZero(Platform.Time + Component.Milliseconds(PatienceMilliseconds));

            Volatile.Write(ref _asleep, 0);

            // More will follow: characters come one at a time.
            Component.Sleep(GatherMilliseconds);
        }
    }

    /// <summary>Waits until everything is shown, for so long at most.</summary>
    internal void Flush(ulong milliseconds)
    {
        for (var waited = 0ul; waited < milliseconds && Volatile.Read(ref _sent) != Volatile.Read(ref _shown); waited += GatherMilliseconds)
            Component.Sleep(GatherMilliseconds);
    }

    // The console may not be there yet, or not any more.
    private void Open()
    {
        if (_session != 0)
            _ = Component.Parent.Close(_session);

        while (OpenSession() != ContractStatus.Ok
            || Client.ReadKeys(_keys, out _lastKey) is not (ContractStatus.Ok or ContractStatus.Busy)
            || Client.Notify(new ObjectRange(_work.Selector, 0, (uint)SmPermissions.CTRL_UP)) != ContractStatus.Ok)
        {
            if (_session != 0)
                _ = Component.Parent.Close(_session);

            Component.Sleep(RetryMilliseconds);
        }

        _firstKey = 0;
    }

    // A guest without a console by its line does without.
    private ContractStatus OpenSession()
    {
        var status = Component.Parent.Open("console"u8, _portals, out _session);
        if (status == ContractStatus.Denied)
            Faults.Sleep();

        return status;
    }

    private void Show()
    {
        while (true)
        {
            var count = (int)(Volatile.Read(ref _sent) - _shown);
            if (count == 0)
                return;

            var start = (int)(_shown % RingSize);
            count = Math.Min(Math.Min(count, PieceSize), RingSize - start);
            if (Client.Write(_ring.AsSpan(start, count)) == ContractStatus.Ok)
                Volatile.Write(ref _shown, _shown + (uint)count);
            else
                Open();
        }
    }

    private void TakeKeys()
    {
        while (true)
        {
            while (_firstKey != _lastKey)
            {
                if (!Port!.TryReceive(_keys[_firstKey]))
                    return;

                _firstKey++;
            }

            _firstKey = _lastKey = 0;
            if (Client.ReadKeys(_keys, out var count) != ContractStatus.Ok || count == 0)
                return;

            _lastKey = count;
        }
    }
}
