// Keyboard and mouse behind the keyboard controller (IBM PS/2 keyboard and mouse interface).
namespace Kilonova.Vmm.Models;

/// <summary>Bytes on their way from a device; what does not fit is dropped.</summary>
internal sealed class ByteQueue
{
    private readonly byte[] _bytes = new byte[64];
    private int _first;
    private int _count;

    public int Room => _bytes.Length - _count;

    public void Clear() => _count = 0;

    public void Add(byte value)
    {
        if (_count < _bytes.Length)
            _bytes[(_first + _count++) % _bytes.Length] = value;
    }

    public bool TryTake(out byte value)
    {
        value = _bytes[_first];
        if (_count == 0)
            return false;
        _first = (_first + 1) % _bytes.Length;
        _count--;
        return true;
    }
}

/// <summary>A keyboard that speaks scan code set 2.</summary>
internal sealed class Ps2Keyboard
{
    private const byte Acknowledge = 0xfa;
    private const byte Resend = 0xfe;
    private const byte SelfTestPassed = 0xaa;
    private const byte Release = 0xf0;

    private readonly ByteQueue _queue = new ByteQueue();
    private bool _scanning;
    private bool _releasing;
    private byte _awaiting;
    private byte _set = 2;

    // Set 2 to set 1, as the controller translates; codes of 0x80 and above pass, 0x83 apart.
    private static byte Translated(byte code) => code < 0x85 ? s_translation[code] : code;

    private static readonly byte[] s_translation =
    [
        0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
        0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
        0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
        0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
        0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
        0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
        0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
        0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
        0x80, 0x81, 0x82, 0x41, 0x54,
    ];

    public void Reset()
    {
        _queue.Clear();
        _scanning = true;
        _releasing = false;
        _awaiting = 0;
        _set = 2;
    }

    public bool TryType(byte scanCode)
    {
        if (!_scanning || _queue.Room < 8)
            return false;
        _queue.Add(scanCode);
        return true;
    }

    public bool TryTake(bool translate, out byte value)
    {
        if (!_queue.TryTake(out value))
            return false;
        if (!translate)
            return true;
        if (value == Release)
        {
            // The prefix becomes the top bit of the code behind it.
            _releasing = true;
            return TryTake(translate, out value);
        }

        if (value is Acknowledge or Resend or SelfTestPassed or 0xee)
            return true;
        value = Translated(value);
        if (_releasing && value < 0x80)
            value |= 0x80;
        _releasing = false;
        return true;
    }

    public void Command(byte value)
    {
        byte awaiting = _awaiting;
        _awaiting = 0;
        if (awaiting != 0 && value < 0xed)
        {
            _queue.Add(Acknowledge);
            if (awaiting != 0xf0)
                return;
            if (value == 0)
                _queue.Add(_set);
            else if (value <= 3)
                _set = value;
            return;
        }

        switch (value)
        {
            case 0xed or 0xf0 or 0xf3:
                _awaiting = value;
                _queue.Add(Acknowledge);
                break;
            case 0xee:
                _queue.Add(0xee);
                break;
            case 0xf2:
                _queue.Add(Acknowledge);
                _queue.Add(0xab);
                _queue.Add(0x83);
                break;
            case 0xf4:
                _scanning = true;
                _queue.Add(Acknowledge);
                break;
            case 0xf5:
                _scanning = false;
                _queue.Clear();
                _queue.Add(Acknowledge);
                break;
            case 0xf6:
                _scanning = true;
                _set = 2;
                _queue.Add(Acknowledge);
                break;
            case 0xff:
                Reset();
                _queue.Add(Acknowledge);
                _queue.Add(SelfTestPassed);
                break;
            default:
                _queue.Add(Resend);
                break;
        }
    }
}

/// <summary>A three-button mouse in stream or remote mode.</summary>
internal sealed class Ps2Mouse
{
    private const byte Acknowledge = 0xfa;

    private readonly ByteQueue _queue = new ByteQueue();
    private bool _reporting;
    private bool _remote;
    private bool _scaling;
    private byte _awaiting;
    private byte _rate;
    private byte _resolution;
    private byte _buttons;
    private int _x;
    private int _y;

    public void Reset()
    {
        _queue.Clear();
        SetDefaults();
    }

    public bool TryTake(out byte value) => _queue.TryTake(out value);

    public bool TryMove(int right, int up, byte buttons)
    {
        _x = Clamp(_x + Clamp(right));
        _y = Clamp(_y + Clamp(up));
        _buttons = (byte)(buttons & 7);
        if (!_reporting || _remote || _queue.Room < 8)
            return false;
        Report();
        return true;
    }

    public void Command(byte value)
    {
        byte awaiting = _awaiting;
        _awaiting = 0;
        if (awaiting == 0xf3)
            _rate = value;
        if (awaiting == 0xe8)
            _resolution = (byte)(value & 3);
        _queue.Add(Acknowledge);
        if (awaiting != 0)
            return;
        switch (value)
        {
            case 0xe6 or 0xe7:
                _scaling = value == 0xe7;
                break;
            case 0xe8 or 0xf3:
                _awaiting = value;
                break;
            case 0xe9:
                _queue.Add((byte)((_remote ? 0x40 : 0) | (_reporting ? 0x20 : 0) | (_scaling ? 0x10 : 0) | _buttons));
                _queue.Add(_resolution);
                _queue.Add(_rate);
                break;
            case 0xea or 0xf0:
                _remote = value == 0xf0;
                break;
            case 0xeb:
                Report();
                break;
            case 0xf2:
                _queue.Add(0);
                break;
            case 0xf4 or 0xf5:
                _reporting = value == 0xf4;
                break;
            case 0xf6:
                SetDefaults();
                break;
            case 0xff:
                SetDefaults();
                _queue.Add(0xaa);
                _queue.Add(0);
                break;
        }
    }

    private static int Clamp(int value) => value < -255 ? -255 : value > 255 ? 255 : value;

    private void SetDefaults()
    {
        _reporting = false;
        _remote = false;
        _scaling = false;
        _awaiting = 0;
        _rate = 100;
        _resolution = 2;
        _buttons = 0;
        _x = 0;
        _y = 0;
    }

    private void Report()
    {
        _queue.Add((byte)(8 | _buttons | (_x < 0 ? 0x10 : 0) | (_y < 0 ? 0x20 : 0)));
        _queue.Add((byte)_x);
        _queue.Add((byte)_y);
        _x = 0;
        _y = 0;
    }
}
