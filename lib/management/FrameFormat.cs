using System;
using System.Buffers.Binary;

namespace Kilonova.Management;

/// <summary>
/// Frames on a line that may lose, add and damage bytes. A frame is a message and its CRC-32 (IEEE 802.3, little-endian), stuffed so that
/// no byte is zero (consistent overhead byte stuffing), between two zero bytes: whatever came before, the next zero begins anew.
/// </summary>
public static class FrameFormat
{
    /// <summary>Stands before and behind every frame and nowhere else.</summary>
    public const byte Delimiter = 0;

    /// <summary>Bytes of the check behind the message.</summary>
    public const int CheckSize = sizeof(uint);

    /// <summary>A block's first byte when it is full: 254 bytes follow, and no zero is meant behind them.</summary>
    internal const byte FullBlock = 0xff;

    private const uint Polynomial = 0xedb8_8320;

    /// <summary>Bytes that the frame of a message takes at most.</summary>
    public static int MaxLength(int message) => message + CheckSize + (message + CheckSize) / (FullBlock - 1) + 3;

    /// <summary>Writes a frame.</summary>
    /// <param name="message">What it carries.</param>
    /// <param name="frame">Gets it; <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(ReadOnlySpan<byte> message, Span<byte> frame)
    {
        Span<byte> check = stackalloc byte[CheckSize];
        BinaryPrimitives.WriteUInt32LittleEndian(check, Check(message));
        var stuffing = new Stuffing(frame);
        stuffing.Add(message);
        stuffing.Add(check);
        return stuffing.End();
    }

    /// <summary>The check of a message.</summary>
    public static uint Check(ReadOnlySpan<byte> message)
    {
        const int BitsOfByte = 8;
        var check = uint.MaxValue;
        foreach (var value in message)
        {
            check ^= value;
            for (var i = 0; i < BitsOfByte; i++)
                check = (check >> 1) ^ (Polynomial & (0 - (check & 1)));
        }

        return ~check;
    }

    private ref struct Stuffing
    {
        private readonly Span<byte> _frame;
        private int _block;
        private int _length;

        internal Stuffing(Span<byte> frame)
        {
            _frame = frame;
            _frame[0] = Delimiter;
            _block = 1;
            _length = 2;
        }

        internal void Add(scoped ReadOnlySpan<byte> bytes)
        {
            foreach (var value in bytes)
            {
                if (value != Delimiter)
                    _frame[_length++] = value;

                if (value == Delimiter || _length - _block == FullBlock)
                    EndBlock();
            }
        }

        internal int End()
        {
            _frame[_block] = (byte)(_length - _block);
            _frame[_length++] = Delimiter;
            return _length;
        }

        private void EndBlock()
        {
            _frame[_block] = (byte)(_length - _block);
            _block = _length++;
        }
    }
}
