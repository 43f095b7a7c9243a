using Iced.Intel;

namespace Kilonova.IcedComparison;

/// <summary>The bytes of one stream; what lies behind them is missing.</summary>
internal sealed class ByteSource : CodeReader
{
    private const int Capacity = 32;

    private readonly byte[] _bytes = new byte[Capacity];
    private int _length;
    private int _position;

    internal int Length => _length;

    internal byte this[int index] => _bytes[index];

    public override int ReadByte() => _position < _length ? _bytes[_position++] : -1;

    internal void Clear()
    {
        _length = 0;
        _position = 0;
    }

    internal void Rewind() => _position = 0;

    internal void Add(uint value) => _bytes[_length++] = (byte)value;
}
