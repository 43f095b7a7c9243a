// The environment of a machine as tests control it: time stands still until told, locks know who holds them.
using System;
using System.Collections.Generic;
using System.Threading;

namespace Kilonova.Vmm.Tests;

/// <summary>A lock that finds a second entry by its holder.</summary>
internal sealed class HostLock : ILock
{
    private readonly object _gate = new();

    public void Enter()
    {
        if (Monitor.IsEntered(_gate))
            throw new InvalidOperationException("The lock is held already.");
        Monitor.Enter(_gate);
    }

    public void Leave() => Monitor.Exit(_gate);
}

/// <summary>Time that moves when it is told to, and rings the alarms it passes.</summary>
internal sealed class FakeClock : IClock
{
    private readonly List<Alarm> _alarms = [];

    public ulong Now { get; private set; }

    public TimerQueue Queue()
    {
        var alarm = new Alarm();
        var queue = new TimerQueue(this, alarm, new HostLock());
        alarm.Queue = queue;
        _alarms.Add(alarm);
        return queue;
    }

    /// <summary>Stops at every deadline on the way.</summary>
    public void Advance(ulong nanoseconds)
    {
        ulong end = Now + nanoseconds;
        while (true)
        {
            Alarm? first = null;
            foreach (Alarm alarm in _alarms)
            {
                if (alarm.Deadline <= end && (first is null || alarm.Deadline < first.Deadline))
                    first = alarm;
            }

            if (first is null)
                break;
            Now = Math.Max(Now, first.Deadline);
            first.Deadline = TimerQueue.Never;
            first.Queue!.Run();
        }

        Now = end;
    }

    private sealed class Alarm : IAlarm
    {
        public ulong Deadline { get; set; } = TimerQueue.Never;

        public TimerQueue? Queue { get; set; }

        public void Set(ulong deadline) => Deadline = deadline;
    }
}

/// <summary>Keeps the level of each input and counts its rising edges.</summary>
internal sealed class LineRecorder : ILineSink
{
    public bool[] Level { get; } = new bool[256];

    public int[] Edges { get; } = new int[256];

    public void SetLine(int line, bool asserted)
    {
        if (asserted && !Level[line])
            Edges[line]++;
        Level[line] = asserted;
    }
}

/// <summary>A device that remembers what was written and answers from an array.</summary>
internal sealed class RecordingDevice : IMmioDevice, IPortDevice
{
    public List<string> Log { get; } = [];

    public byte[] Bytes { get; } = new byte[0x1000];

    public bool Silent { get; init; }

    public ulong ReadMmio(ulong offset, int size)
    {
        ulong value = 0;
        for (int i = 0; i < size; i++)
            value |= (ulong)Bytes[((int)offset + i) & 0xfff] << (8 * i);
        if (!Silent)
            Log.Add($"r{size} {offset:x}");
        return value;
    }

    public void WriteMmio(ulong offset, int size, ulong value)
    {
        for (int i = 0; i < size; i++)
            Bytes[((int)offset + i) & 0xfff] = (byte)(value >> (8 * i));
        if (!Silent)
            Log.Add($"w{size} {offset:x} {value:x}");
    }

    public uint ReadPort(ushort port, int size) => (uint)ReadMmio(port, size);

    public void WritePort(ushort port, int size, uint value) => WriteMmio(port, size, value);
}
