// One 8259A interrupt controller (Intel 8259A data sheet). Two of them make the pair of a PC, see Pic8259Pair.
using System.Numerics;

namespace Kilonova.Vmm.Models;

/// <summary>
/// Registers and priorities of one controller. Edges are latched until they are acknowledged, even if the line falls before. Not
/// locked: the pair is.
/// </summary>
internal sealed class Pic8259
{
    private const byte Icw1 = 1 << 4;
    private const byte Icw1NeedsIcw4 = 1 << 0;
    private const byte Icw1Single = 1 << 1;
    private const byte Icw1Level = 1 << 3;
    private const byte Icw4AutoEoi = 1 << 1;
    private const byte Icw4SpecialFullyNested = 1 << 4;
    private const byte Ocw3 = 1 << 3;
    private const byte Ocw3Poll = 1 << 2;
    private const byte Ocw3ReadRegister = 1 << 1;
    private const byte Ocw3SpecialMask = 1 << 6;
    private const byte PollInterrupt = 1 << 7;
    private const int SpuriousInput = 7;

    private readonly byte _edgeOnly;
    private readonly byte _cascades;
    private byte _lines;
    private byte _requests;
    private byte _inService;
    private byte _mask;
    private byte _vectorBase;
    private int _lowestPriority = 7;
    private Step _step;
    private bool _needsIcw4;
    private bool _single;
    private bool _allLevel;
    private bool _autoEoi;
    private bool _rotateOnAutoEoi;
    private bool _specialFullyNested;
    private bool _specialMask;
    private bool _poll;
    private bool _readInService;

    /// <param name="edgeOnly">Inputs that ELCR cannot make level-triggered.</param>
    /// <param name="cascades">Inputs with another controller behind them.</param>
    public Pic8259(byte edgeOnly, byte cascades)
    {
        _edgeOnly = edgeOnly;
        _cascades = cascades;
        Reset();
    }

    private enum Step : byte
    {
        Ready,
        Icw2,
        Icw3,
        Icw4,
    }

    /// <summary>Edge/level control register: a set bit makes an input level-triggered.</summary>
    public byte EdgeLevel { get; private set; }

    public void Reset()
    {
        EdgeLevel = 0;
        _requests = 0;
        _vectorBase = 0;
        _step = Step.Ready;
        Initialize(0);
        _mask = 0xff;
    }

    public void SetEdgeLevel(byte value) => EdgeLevel = (byte)(value & ~_edgeOnly);

    public void SetLine(int input, bool asserted)
    {
        byte bit = (byte)(1 << input);
        if (IsLevel(bit))
            _requests = (byte)(asserted ? _requests | bit : _requests & ~bit);
        else if (asserted && (_lines & bit) == 0)
            _requests |= bit;
        _lines = (byte)(asserted ? _lines | bit : _lines & ~bit);
    }

    /// <summary>The input whose request the processor would get now; -1 if none.</summary>
    public int Pending()
    {
        int best = Highest((byte)(_requests & ~_mask));
        if (best < 0)
            return -1;
        byte inService = _inService;
        if (_specialMask)
            inService &= (byte)~_mask;
        // A cascaded controller may interrupt again while the master still serves it.
        if (_specialFullyNested)
            inService &= (byte)~_cascades;
        int current = Highest(inService);
        return current >= 0 && Rank(current) <= Rank(best) ? -1 : best;
    }

    /// <summary>Acknowledges: the pending input goes into service.</summary>
    /// <returns>The input; 7 if the request has gone.</returns>
    public int Acknowledge()
    {
        int input = Pending();
        if (input < 0)
            return SpuriousInput;
        byte bit = (byte)(1 << input);
        if (!IsLevel(bit))
            _requests &= (byte)~bit;
        if (!_autoEoi)
            _inService |= bit;
        else if (_rotateOnAutoEoi)
            _lowestPriority = input;
        return input;
    }

    /// <summary>The vector of an input.</summary>
    public byte Vector(int input) => (byte)(_vectorBase | input);

    public byte ReadCommand()
    {
        if (!_poll)
            return _readInService ? _inService : _requests;
        _poll = false;
        return Pending() < 0 ? (byte)0 : (byte)(PollInterrupt | Acknowledge());
    }

    public byte ReadData()
    {
        if (_poll)
            return ReadCommand();
        return _mask;
    }

    public void WriteCommand(byte value)
    {
        if ((value & Icw1) != 0)
        {
            Initialize(value);
            _step = Step.Icw2;
        }
        else if ((value & Ocw3) != 0)
        {
            _poll = (value & Ocw3Poll) != 0;
            if ((value & Ocw3ReadRegister) != 0)
                _readInService = (value & 1) != 0;
            if ((value & Ocw3SpecialMask) != 0)
                _specialMask = (value & (1 << 5)) != 0;
        }
        else
        {
            EndOfInterrupt(value >> 5, value & 7);
        }
    }

    public void WriteData(byte value)
    {
        switch (_step)
        {
            case Step.Icw2:
                _vectorBase = (byte)(value & 0xf8);
                _step = !_single ? Step.Icw3 : _needsIcw4 ? Step.Icw4 : Step.Ready;
                break;
            case Step.Icw3:
                // The wiring of the pair is fixed.
                _step = _needsIcw4 ? Step.Icw4 : Step.Ready;
                break;
            case Step.Icw4:
                _autoEoi = (value & Icw4AutoEoi) != 0;
                _specialFullyNested = (value & Icw4SpecialFullyNested) != 0;
                _step = Step.Ready;
                break;
            default:
                _mask = value;
                break;
        }
    }

    private void Initialize(byte icw1)
    {
        _needsIcw4 = (icw1 & Icw1NeedsIcw4) != 0;
        _single = (icw1 & Icw1Single) != 0;
        _allLevel = (icw1 & Icw1Level) != 0;
        // The edge sense is cleared: an input that stays high asks again only after it was low, unless it is level-triggered.
        _requests = (byte)(_allLevel ? _lines : _lines & EdgeLevel);
        _inService = 0;
        _mask = 0;
        _lowestPriority = 7;
        _autoEoi = false;
        _rotateOnAutoEoi = false;
        _specialFullyNested = false;
        _specialMask = false;
        _poll = false;
        _readInService = false;
    }

    // OCW2: bit 2 rotate, bit 1 specific, bit 0 end of interrupt.
    private void EndOfInterrupt(int operation, int input)
    {
        switch (operation)
        {
            case 0 or 4:
                _rotateOnAutoEoi = operation == 4;
                break;
            case 1 or 5:
                int served = Highest(_specialMask ? (byte)(_inService & ~_mask) : _inService);
                if (served < 0)
                    break;
                _inService &= (byte)~(1 << served);
                if (operation == 5)
                    _lowestPriority = served;
                break;
            case 3 or 7:
                _inService &= (byte)~(1 << input);
                if (operation == 7)
                    _lowestPriority = input;
                break;
            case 6:
                _lowestPriority = input;
                break;
        }
    }

    private bool IsLevel(byte bit) => _allLevel || (EdgeLevel & bit) != 0;

    // 0 is the highest priority.
    private int Rank(int input) => (input - _lowestPriority - 1) & 7;

    private int Highest(byte inputs)
    {
        if (inputs == 0)
            return -1;
        int first = (_lowestPriority + 1) & 7;
        uint rotated = (uint)((inputs >> first) | (inputs << (8 - first))) & 0xff;
        return (BitOperations.TrailingZeroCount(rotated) + first) & 7;
    }
}
