using System;
using System.Buffers.Binary;

namespace Kilonova.Management;

/// <summary>
/// Takes a line's bytes one by one and finds the frames among them (<see cref="FrameFormat"/>). What is too long, damaged or no frame at
/// all is dropped and counted; the next delimiter begins anew. No allocation after its construction; one thread at a time.
/// </summary>
public sealed class FrameReader
{
    private readonly byte[] _bytes;
    private int _messageLength;

    // Of the frame that is arriving: bytes unstuffed, bytes that its block still has, whether the next block stands behind a zero.
    private int _length;
    private int _leftInBlock;
    private bool _zeroFollows;
    private bool _hasBegun;
    private bool _isTooLong;

    /// <summary>Creates a reader.</summary>
    /// <param name="maximum">Longest message that is taken, in bytes.</param>
    public FrameReader(int maximum) => _bytes = new byte[maximum + FrameFormat.CheckSize];

    /// <summary>Frames that were dropped.</summary>
    public ulong Dropped { get; private set; }

    /// <summary>The message, after <see cref="TryTake"/> said true and until its next call.</summary>
    public ReadOnlySpan<byte> Message => _bytes.AsSpan(0, _messageLength);

    /// <summary>Takes a byte.</summary>
    /// <returns>True when it completed a whole, undamaged message.</returns>
    public bool TryTake(byte value)
    {
        if (value == FrameFormat.Delimiter)
            return TryEnd();

        _hasBegun = true;
        if (_leftInBlock != 0)
        {
            _leftInBlock--;
            Append(value);
            return false;
        }

        if (_zeroFollows)
            Append(FrameFormat.Delimiter);

        _leftInBlock = value - 1;
        _zeroFollows = value != FrameFormat.FullBlock;
        return false;
    }

    private bool TryEnd()
    {
        var message = _length - FrameFormat.CheckSize;
        var isWhole = !_isTooLong && _leftInBlock == 0 && message >= 0
            && BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(message)) == FrameFormat.Check(_bytes.AsSpan(0, message));
        if (_hasBegun && !isWhole)
            Dropped++;

        _messageLength = isWhole ? message : 0;
        _length = 0;
        _leftInBlock = 0;
        _zeroFollows = _hasBegun = _isTooLong = false;
        return isWhole;
    }

    private void Append(byte value)
    {
        if (_length == _bytes.Length)
            _isTooLong = true;
        else
            _bytes[_length++] = value;
    }
}
