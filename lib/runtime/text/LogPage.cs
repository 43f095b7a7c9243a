using System;
using System.Threading;
using Kilonova.Abi;

namespace Kilonova.Runtime;

/// <summary>
/// A component's log, one page shared with its parent; <see cref="LogLayout"/>. Any number of threads write; one reader copies and trusts
/// nothing of what it finds.
/// </summary>
public readonly unsafe struct LogPage
{
    private readonly byte* _page;

    /// <summary>Takes a mapped page.</summary>
    public LogPage(byte* page) => _page = page;

    /// <summary>Lines ever begun, modulo 2^32.</summary>
    public uint Head => Volatile.Read(ref *(uint*)(_page + LogLayout.Head));

    /// <summary>Writes a line; what does not fit one slot goes on in the next.</summary>
    public void Write(ReadOnlySpan<byte> line, ulong time, LogLevel level = LogLevel.Information)
    {
        do
        {
            var part = line.Slice(0, Math.Min(line.Length, LogLayout.MaxText));
            line = line.Slice(part.Length);
            WriteSlot(part, time, ((int)level << LogLayout.LevelShift) | (line.IsEmpty ? 0 : LogLayout.Continued));
        }
        while (!line.IsEmpty);
    }

    /// <summary>Reads one slot's text.</summary>
    /// <param name="number">Number of the line, counted from 0.</param>
    /// <param name="text">At least <see cref="LogLayout.MaxText"/> bytes; bytes that are no printable text become '?'.</param>
    /// <param name="length">Bytes of text.</param>
    /// <param name="time">System time counter when it was written.</param>
    /// <param name="continued">Whether the line goes on.</param>
    /// <param name="level">What it is worth.</param>
    /// <returns>False when it is not complete yet, or overwritten.</returns>
    public bool TryRead(uint number, Span<byte> text, out int length, out ulong time, out bool continued, out LogLevel level)
    {
        var slot = Slot(number);
        length = 0;
        time = *(ulong*)(slot + LogLayout.Time);
        var flags = *(ushort*)(slot + LogLayout.Flags);
        continued = (flags & LogLayout.Continued) != 0;
        level = (LogLevel)Math.Min((uint)flags >> LogLayout.LevelShift, (uint)LogLevel.Debug);
        if (Volatile.Read(ref *(uint*)(slot + LogLayout.Sequence)) != number + 1)
            return false;

        var claimed = Math.Min(*(ushort*)(slot + LogLayout.Length), (ushort)LogLayout.MaxText);
        for (var i = 0; i < claimed; i++)
        {
            var value = slot[LogLayout.Text + i];
            text[i] = value is < 0x20 or 0x7f ? (byte)'?' : value;
        }

        length = claimed;
        return Volatile.Read(ref *(uint*)(slot + LogLayout.Sequence)) == number + 1;
    }

    private void WriteSlot(ReadOnlySpan<byte> part, ulong time, int flags)
    {
        var number = Interlocked.Increment(ref *(uint*)(_page + LogLayout.Head)) - 1;
        var slot = Slot(number);
        Volatile.Write(ref *(uint*)(slot + LogLayout.Sequence), 0);
        for (var i = 0; i < part.Length; i++)
            slot[LogLayout.Text + i] = part[i];

        *(ushort*)(slot + LogLayout.Length) = (ushort)part.Length;
        *(ushort*)(slot + LogLayout.Flags) = (ushort)flags;
        *(ulong*)(slot + LogLayout.Time) = time;
        Volatile.Write(ref *(uint*)(slot + LogLayout.Sequence), number + 1);
    }

    private byte* Slot(uint number) => _page + LogLayout.SlotSize * (1 + number % LogLayout.Slots);
}
