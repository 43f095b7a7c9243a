// The keyboard controller of a PC with keyboard and mouse ports (IBM PS/2 hardware interface technical reference; 8042).
namespace Kilonova.Vmm.Models;

/// <summary>
/// Controller, a keyboard and a mouse in one model. Both devices answer commands at once; scan codes and movements come from the
/// console. Interrupts 1 and 12 stay asserted while their byte waits.
/// </summary>
public sealed class KeyboardController : IPortDevice
{
    /// <summary>Data port.</summary>
    public const ushort DataPort = 0x60;

    /// <summary>Command and status port.</summary>
    public const ushort CommandPort = 0x64;

    private const byte OutputFull = 1 << 0;
    private const byte SystemFlag = 1 << 2;
    private const byte CommandWritten = 1 << 3;
    private const byte Unlocked = 1 << 4;
    private const byte MouseData = 1 << 5;

    private const byte ConfigKeyboardInterrupt = 1 << 0;
    private const byte ConfigMouseInterrupt = 1 << 1;
    private const byte ConfigSystem = 1 << 2;
    private const byte ConfigKeyboardOff = 1 << 4;
    private const byte ConfigMouseOff = 1 << 5;
    private const byte ConfigTranslate = 1 << 6;
    private const byte OutputPortDefault = 0xdf;

    private readonly ILock _lock;
    private readonly InterruptLine _keyboardInterrupt;
    private readonly InterruptLine _mouseInterrupt;
    private readonly IMachineControl _machine;
    private readonly Ps2Keyboard _keyboard = new Ps2Keyboard();
    private readonly Ps2Mouse _mouse = new Ps2Mouse();
    private readonly byte[] _ram = new byte[32];
    private byte _output;
    private bool _full;
    private bool _fromMouse;
    private byte _command;
    private bool _lastWasCommand;
    private byte _outputPort = OutputPortDefault;

    /// <summary>Makes the controller.</summary>
    /// <param name="keyboardInterrupt">ISA interrupt 1.</param>
    /// <param name="mouseInterrupt">ISA interrupt 12.</param>
    /// <param name="machine">Hears of resets.</param>
    /// <param name="guard">Guards the registers.</param>
    public KeyboardController(InterruptLine keyboardInterrupt, InterruptLine mouseInterrupt, IMachineControl machine, ILock guard)
    {
        _keyboardInterrupt = keyboardInterrupt;
        _mouseInterrupt = mouseInterrupt;
        _machine = machine;
        _lock = guard;
        Clear();
    }

    private ref byte Config => ref _ram[0];

    /// <summary>Claims the ports.</summary>
    public bool Map(PortBus bus) => bus.Map(DataPort, 1, this) && bus.Map(CommandPort, 1, this);

    /// <summary>The state after power-on self test.</summary>
    public void Reset()
    {
        _lock.Enter();
        Clear();
        Update();
        _lock.Leave();
    }

    /// <summary>A key's scan code bytes of set 2. False if the keyboard's buffer is full or scanning is off. Any thread.</summary>
    public bool TryType(byte scanCode)
    {
        _lock.Enter();
        bool taken = _keyboard.TryType(scanCode);
        Update();
        _lock.Leave();
        return taken;
    }

    /// <summary>A movement and buttons (bit 0 left, 1 right, 2 middle). False if the mouse does not report. Any thread.</summary>
    public bool TryMove(int right, int up, byte buttons)
    {
        _lock.Enter();
        bool taken = _mouse.TryMove(right, up, buttons);
        Update();
        _lock.Leave();
        return taken;
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        _lock.Enter();
        uint value = port == DataPort ? ReadData() : Status();
        Update();
        _lock.Leave();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        bool reset;
        _lock.Enter();
        if (port == CommandPort)
        {
            reset = WriteCommand((byte)value);
        }
        else
        {
            reset = WriteData((byte)value);
            _lastWasCommand = false;
        }

        Update();
        _lock.Leave();
        if (reset)
            _machine.Request(MachineRequest.Reset);
    }

    private void Clear()
    {
        for (int i = 0; i < _ram.Length; i++)
            _ram[i] = 0;
        Config = ConfigKeyboardInterrupt | ConfigSystem | ConfigMouseOff | ConfigTranslate;
        _keyboard.Reset();
        _mouse.Reset();
        _full = false;
        _command = 0;
        _lastWasCommand = false;
        _outputPort = OutputPortDefault;
    }

    private byte Status() => (byte)((_full ? OutputFull : 0) | (Config & SystemFlag) | (_lastWasCommand ? CommandWritten : 0) | Unlocked
        | (_full && _fromMouse ? MouseData : 0));

    private byte ReadData()
    {
        _full = false;
        return _output;
    }

    private bool WriteCommand(byte command)
    {
        _lastWasCommand = true;
        _command = 0;
        switch (command)
        {
            case >= 0x20 and <= 0x3f:
                Answer(_ram[command & 0x1f]);
                break;
            case >= 0x60 and <= 0x7f or 0xd1 or 0xd2 or 0xd3 or 0xd4:
                _command = command;
                break;
            case 0xa7:
                Config |= ConfigMouseOff;
                break;
            case 0xa8:
                Config &= unchecked((byte)~ConfigMouseOff);
                break;
            case 0xa9 or 0xab:
                Answer(0x00);
                break;
            case 0xaa:
                Config |= ConfigSystem;
                Answer(0x55);
                break;
            case 0xad:
                Config |= ConfigKeyboardOff;
                break;
            case 0xae:
                Config &= unchecked((byte)~ConfigKeyboardOff);
                break;
            case 0xc0:
                Answer(0x80);
                break;
            case 0xd0:
                Answer(_outputPort);
                break;
            case >= 0xf0:
                // Pulses output bits that are 0 in the command; bit 0 is the reset line.
                return (command & 1) == 0;
        }

        return false;
    }

    private bool WriteData(byte value)
    {
        byte command = _command;
        _command = 0;
        switch (command)
        {
            case >= 0x60 and <= 0x7f:
                _ram[command & 0x1f] = value;
                return false;
            case 0xd1:
                _outputPort = value;
                return (value & 1) == 0;
            case 0xd2:
                Answer(value);
                return false;
            case 0xd3:
                Answer(value);
                _fromMouse = true;
                return false;
            case 0xd4:
                Config &= unchecked((byte)~ConfigMouseOff);
                _mouse.Command(value);
                return false;
            default:
                Config &= unchecked((byte)~ConfigKeyboardOff);
                _keyboard.Command(value);
                return false;
        }
    }

    // The controller's own answers go before what devices have to say.
    private void Answer(byte value)
    {
        _output = value;
        _full = true;
        _fromMouse = false;
    }

    // Fills the output buffer from a device if it is empty, then drives the interrupts.
    private void Update()
    {
        if (!_full)
        {
            if ((Config & ConfigKeyboardOff) == 0 && _keyboard.TryTake((Config & ConfigTranslate) != 0, out _output))
            {
                _full = true;
                _fromMouse = false;
            }
            else if ((Config & ConfigMouseOff) == 0 && _mouse.TryTake(out _output))
            {
                _full = true;
                _fromMouse = true;
            }
        }

        bool keyboard = _full && !_fromMouse && (Config & ConfigKeyboardInterrupt) != 0;
        _keyboardInterrupt.Set(keyboard);
        _mouseInterrupt.Set(_full && _fromMouse && (Config & ConfigMouseInterrupt) != 0);
    }
}
