// A serial port (National Semiconductor PC16550D data sheet).
namespace Kilonova.Vmm.Models;

/// <summary>Where a serial port's bytes go.</summary>
public interface ISerialSink
{
    /// <summary>Takes a byte that the guest sent. Called under the port's lock: must not block nor call back.</summary>
    void Transmit(byte value);
}

/// <summary>A serial port or console as the sender of its keys sees it.</summary>
public interface ISerialReceiver
{
    /// <summary>Gives the guest a byte. False if there is no room; then it is to be offered again. Any thread.</summary>
    bool TryReceive(byte value);
}

/// <summary>
/// A 16550A with 16-byte FIFOs. Bytes are sent at once, whatever the divisor says, so the transmitter is never busy; received bytes
/// wait in the FIFO, and the sender learns how many fit.
/// </summary>
public sealed class Uart16550 : IPortDevice, ISerialReceiver
{
    /// <summary>Ports of one UART.</summary>
    public const int Ports = 8;

    private const int FifoSize = 16;

    private const byte EnableReceived = 1 << 0;
    private const byte EnableTransmit = 1 << 1;
    private const byte EnableLineStatus = 1 << 2;
    private const byte EnableModemStatus = 1 << 3;

    private const byte NoInterrupt = 1;
    private const byte ModemStatusInterrupt = 0;
    private const byte TransmitInterrupt = 2;
    private const byte ReceivedInterrupt = 4;
    private const byte LineStatusInterrupt = 6;
    private const byte TimeoutInterrupt = 12;
    private const byte FifosEnabled = 0xc0;

    private const byte DivisorLatch = 1 << 7;
    private const byte Break = 1 << 6;
    private const byte Loop = 1 << 4;
    private const byte Out2 = 1 << 3;

    private const byte DataReady = 1 << 0;
    private const byte Overrun = 1 << 1;
    private const byte BreakSeen = 1 << 4;
    private const byte TransmitterEmpty = 3 << 5;
    private const byte Connected = 0xb0;

    private readonly ILock _lock;
    private readonly InterruptLine _interrupt;
    private readonly ISerialSink _sink;
    private readonly ushort _port;
    private readonly byte[] _fifo = new byte[FifoSize];
    private int _first;
    private int _count;
    private bool _fifoEnabled;
    private byte _trigger;
    private byte _interruptEnable;
    private byte _lineControl;
    private byte _modemControl;
    private byte _modemStatus;
    private byte _lineErrors;
    private byte _scratch;
    private ushort _divisor;
    private bool _transmitPending;

    // The level of the interrupt line.
    private bool _asserted;

    /// <summary>Makes a serial port.</summary>
    public Uart16550(ushort port, InterruptLine interrupt, ISerialSink sink, ILock guard)
    {
        _port = port;
        _interrupt = interrupt;
        _sink = sink;
        _lock = guard;
        Clear();
    }

    /// <summary>Claims the ports.</summary>
    public bool Map(PortBus bus) => bus.Map(_port, Ports, this);

    /// <summary>The state after power-on.</summary>
    public void Reset()
    {
        _lock.Enter();
        Clear();
        Update();
        _lock.Leave();
    }

    /// <summary>Room for bytes to the guest. Any thread.</summary>
    public int ReceiveRoom
    {
        get
        {
            _lock.Enter();
            int room = Capacity - _count;
            _lock.Leave();
            return room;
        }
    }

    private int Capacity => _fifoEnabled ? FifoSize : 1;

    /// <inheritdoc/>
    public bool TryReceive(byte value)
    {
        _lock.Enter();
        bool fits = _count < Capacity && (_modemControl & Loop) == 0;
        if (fits)
            Enqueue(value);
        Update();
        _lock.Leave();
        return fits;
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint value = 0;
        _lock.Enter();
        for (int i = 0; i < size; i++)
            value |= (uint)ReadByte(port - _port + i) << (8 * i);
        Update();
        _lock.Leave();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        _lock.Enter();
        for (int i = 0; i < size; i++)
            WriteByte(port - _port + i, (byte)(value >> (8 * i)));
        Update();
        _lock.Leave();
    }

    private void Clear()
    {
        _count = 0;
        _first = 0;
        _fifoEnabled = false;
        _trigger = 1;
        _interruptEnable = 0;
        _lineControl = 0;
        _modemControl = 0;
        _modemStatus = Connected;
        _lineErrors = 0;
        _scratch = 0;
        _divisor = 12;
        _transmitPending = false;
    }

    private byte ReadByte(int register)
    {
        bool latch = (_lineControl & DivisorLatch) != 0;
        switch (register)
        {
            case 0 when latch:
                return (byte)_divisor;
            case 0:
                return Dequeue();
            case 1:
                return latch ? (byte)(_divisor >> 8) : _interruptEnable;
            case 2:
                byte identification = Identify();
                // Reading the identification acknowledges an empty transmitter, but only if it is what is shown.
                if (identification == TransmitInterrupt)
                    _transmitPending = false;
                return (byte)(identification | (_fifoEnabled ? FifosEnabled : 0));
            case 3:
                return _lineControl;
            case 4:
                return _modemControl;
            case 5:
                byte status = (byte)(TransmitterEmpty | _lineErrors | (_count > 0 ? DataReady : 0));
                _lineErrors = 0;
                return status;
            case 6:
                byte modem = ModemStatus();
                _modemStatus &= 0xf0;
                return modem;
            default:
                return _scratch;
        }
    }

    private void WriteByte(int register, byte value)
    {
        bool latch = (_lineControl & DivisorLatch) != 0;
        switch (register)
        {
            case 0 when latch:
                _divisor = (ushort)((_divisor & 0xff00) | value);
                break;
            case 0:
                Send(value);
                break;
            case 1 when latch:
                _divisor = (ushort)((_divisor & 0xff) | (value << 8));
                break;
            case 1:
                // Switching the transmitter's interrupt on with an empty transmitter asks at once.
                if ((value & EnableTransmit) != 0 && (_interruptEnable & EnableTransmit) == 0)
                    _transmitPending = true;
                _interruptEnable = (byte)(value & 0xf);
                break;
            case 2:
                WriteFifoControl(value);
                break;
            case 3:
                if ((value & Break) != 0 && (_lineControl & Break) == 0 && (_modemControl & Loop) != 0)
                    _lineErrors |= BreakSeen;
                _lineControl = value;
                break;
            case 4:
                WriteModemControl(value);
                break;
            case 7:
                _scratch = value;
                break;
        }
    }

    private void WriteFifoControl(byte value)
    {
        bool enable = (value & 1) != 0;
        if (enable != _fifoEnabled || (value & 2) != 0)
            _count = 0;
        _fifoEnabled = enable;
        _trigger = (value >> 6) switch
        {
            0 => 1,
            1 => 4,
            2 => 8,
            _ => 14,
        };
    }

    // In loop mode the four outputs drive the four inputs.
    private void WriteModemControl(byte value)
    {
        byte before = ModemStatus();
        _modemControl = (byte)(value & 0x1f);
        int changed = (before ^ ModemStatus()) & 0xf0;
        // RI only counts when it falls.
        if ((changed & 0x40) != 0 && (ModemStatus() & 0x40) != 0)
            changed &= ~0x40;
        _modemStatus |= (byte)(changed >> 4);
    }

    private byte ModemStatus()
    {
        if ((_modemControl & Loop) == 0)
            return (byte)((_modemStatus & 0xf) | Connected);
        int inputs = 0;
        inputs |= (_modemControl & 1) != 0 ? 0x20 : 0;
        inputs |= (_modemControl & 2) != 0 ? 0x10 : 0;
        inputs |= (_modemControl & 4) != 0 ? 0x40 : 0;
        inputs |= (_modemControl & 8) != 0 ? 0x80 : 0;
        return (byte)((_modemStatus & 0xf) | inputs);
    }

    private void Send(byte value)
    {
        _transmitPending = true;
        if ((_modemControl & Loop) == 0)
            _sink.Transmit(value);
        else if (_count < Capacity)
            Enqueue(value);
        else
            _lineErrors |= Overrun;
    }

    private void Enqueue(byte value)
    {
        _fifo[(_first + _count) % FifoSize] = value;
        _count++;
    }

    private byte Dequeue()
    {
        if (_count == 0)
            return 0;
        byte value = _fifo[_first];
        _first = (_first + 1) % FifoSize;
        _count--;
        return value;
    }

    // The highest of the interrupts that are enabled. Bytes below the trigger level count as timed out at once.
    private byte Identify()
    {
        if ((_interruptEnable & EnableLineStatus) != 0 && _lineErrors != 0)
            return LineStatusInterrupt;
        if ((_interruptEnable & EnableReceived) != 0 && _count > 0)
            return !_fifoEnabled || _count >= _trigger ? ReceivedInterrupt : TimeoutInterrupt;
        if ((_interruptEnable & EnableTransmit) != 0 && _transmitPending)
            return TransmitInterrupt;
        if ((_interruptEnable & EnableModemStatus) != 0 && (_modemStatus & 0xf) != 0)
            return ModemStatusInterrupt;
        return NoInterrupt;
    }

    // OUT2 connects the interrupt to the bus on a PC; in loop mode it is disconnected.
    // The wire is touched when its level changes: what the guest sends with interrupts off, a console's most, changes none.
    private void Update()
    {
        bool asserted = (_modemControl & (Out2 | Loop)) == Out2 && Identify() != NoInterrupt;
        if (asserted == _asserted)
            return;
        _asserted = asserted;
        _interrupt.Set(asserted);
    }
}
