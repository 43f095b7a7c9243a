// The try blocks of one function as ilc describes them (.dotnet_eh_table).
namespace Internal.Runtime;

internal enum ClauseKind : byte
{
    Typed = 0,
    Fault = 1,
    Filter = 2,
}

/// <summary>
/// Walks the clauses that cover an address, innermost first. Handlers and filters are functions of their own, funclets, with their
/// own frames; their exception data leads to that of the method they belong to.
/// </summary>
internal unsafe struct ExceptionClauses
{
    // First byte of a function's exception data.
    private const byte FuncletKindMask = 0x03;
    private const byte HasClauses = 0x04;
    private const byte HasAssociatedData = 0x10;

    // A clause's length and kind share a number.
    private const int KindBits = 2;
    private const uint KindMask = 3;

    private byte* _methodStart;
    private byte* _position;
    private uint _count;
    private uint _next;
    private uint _addressOffset;

    // Clauses up to this number, and those behind it of the same try block, had their turn; 0 = none.
    private uint _skipThrough;
    private uint _skippedStart;
    private uint _skippedLength;

    /// <summary>The current clause: its number from 1, its kind, its handler, and the caught type or the filter.</summary>
    internal uint Number;
    internal ClauseKind Kind;
    internal byte* Handler;
    internal byte* TypeOrFilter;

    /// <summary>Starts over a frame. skipThrough is the clause whose handler the exception comes out of, 0 if it comes from plain code.</summary>
    internal void Begin(FrameDescription* frame, byte* address, uint skipThrough)
    {
        _count = 0;
        _next = 1;
        _skipThrough = skipThrough;
        byte* data = frame->ExceptionData;
        if (data == null)
            return;

        _methodStart = frame->FunctionStart;
        if ((*data & FuncletKindMask) != 0)
        {
            // Relative pointer to the method's own data, distance to the method's start.
            _methodStart -= *(int*)(data + 5);
            data = data + 1 + *(int*)(data + 1);
        }
        byte flags = *data++;
        if ((flags & HasClauses) == 0)
            return;
        if ((flags & HasAssociatedData) != 0)
            data += 4;
        _position = data + *(int*)data;
        _count = ReadNumber();
        _addressOffset = (uint)(address - _methodStart);
    }

    /// <summary>Goes on to the next clause that covers the address; false when there is none.</summary>
    internal bool MoveNext()
    {
        while (_next <= _count)
        {
            Number = _next++;
            uint start = ReadNumber();
            uint lengthAndKind = ReadNumber();
            uint length = lengthAndKind >> KindBits;
            Kind = (ClauseKind)(lengthAndKind & KindMask);
            Handler = _methodStart + ReadNumber();
            TypeOrFilter = null;
            if (Kind == ClauseKind.Typed)
            {
                TypeOrFilter = _position + *(int*)_position;
                _position += 4;
            }
            else if (Kind == ClauseKind.Filter)
            {
                TypeOrFilter = _methodStart + ReadNumber();
            }

            if (!IsSkipped(start, length) && _addressOffset >= start && _addressOffset - start < length)
                return true;
        }
        return false;
    }

    // ilc puts an empty clause between different try blocks of the same extent, so the first clause of another extent ends the skipping.
    private bool IsSkipped(uint start, uint length)
    {
        if (_skipThrough == 0)
            return false;
        if (Number <= _skipThrough)
        {
            _skippedStart = start;
            _skippedLength = length;
            return true;
        }
        if (start == _skippedStart && length == _skippedLength)
            return true;
        _skipThrough = 0;
        return false;
    }

    // ilc's variable-length number: the low bits of the first byte say how many bytes follow.
    private uint ReadNumber()
    {
        byte* p = _position;
        uint first = *p;
        if ((first & 1) == 0)
        {
            _position += 1;
            return first >> 1;
        }
        if ((first & 2) == 0)
        {
            _position += 2;
            return (uint)*(ushort*)p >> 2;
        }
        if ((first & 4) == 0)
        {
            _position += 3;
            return (uint)(p[0] | (p[1] << 8) | (p[2] << 16)) >> 3;
        }
        if ((first & 8) == 0)
        {
            _position += 4;
            return *(uint*)p >> 4;
        }
        _position += 5;
        return *(uint*)(p + 1);
    }
}
