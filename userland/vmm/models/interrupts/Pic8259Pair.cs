// The two interrupt controllers of a PC with their edge/level registers (ISA; Intel ICH9 data sheet, section 5.8).
namespace Kilonova.Vmm.Models;

/// <summary>Sixteen interrupt inputs; input 2 is the second controller. The output goes to the processors' INTR or LINT0.</summary>
public sealed class Pic8259Pair : IPortDevice, ILineSink
{
    /// <summary>First port of the first controller; two ports.</summary>
    public const ushort MasterPort = 0x20;

    /// <summary>First port of the second controller; two ports.</summary>
    public const ushort SlavePort = 0xa0;

    /// <summary>Edge/level control registers; two ports.</summary>
    public const ushort EdgeLevelPort = 0x4d0;

    private const int Cascade = 2;

    private readonly ILock _lock;
    private readonly InterruptLine _output;
    private readonly Pic8259 _master = new Pic8259(edgeOnly: 0x07, cascades: 1 << Cascade);
    private readonly Pic8259 _slave = new Pic8259(edgeOnly: 0x21, cascades: 0);
    private bool _asserted;

    /// <summary>Makes the pair.</summary>
    /// <param name="output">INTR.</param>
    /// <param name="guard">Guards the registers.</param>
    public Pic8259Pair(InterruptLine output, ILock guard)
    {
        _output = output;
        _lock = guard;
    }

    /// <summary>Claims the ports.</summary>
    public bool Map(PortBus bus) =>
        bus.Map(MasterPort, 2, this) && bus.Map(SlavePort, 2, this) && bus.Map(EdgeLevelPort, 2, this);

    /// <summary>Brings both controllers to their state after power-on: everything masked.</summary>
    public void Reset()
    {
        _lock.Enter();
        _master.Reset();
        _slave.Reset();
        Update();
        _lock.Leave();
    }

    /// <inheritdoc/>
    public void SetLine(int line, bool asserted)
    {
        _lock.Enter();
        if (line < 8 && line != Cascade)
            _master.SetLine(line, asserted);
        else if (line is >= 8 and < 16)
            _slave.SetLine(line - 8, asserted);
        Update();
        _lock.Leave();
    }

    /// <summary>The processor's interrupt acknowledge cycles.</summary>
    /// <returns>The vector; that of input 7 if the request has gone meanwhile.</returns>
    public byte Acknowledge()
    {
        _lock.Enter();
        int input = _master.Acknowledge();
        // A spurious input 7 is not the cascade.
        byte vector = input == Cascade ? _slave.Vector(_slave.Acknowledge()) : _master.Vector(input);
        Update();
        _lock.Leave();
        return vector;
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint value = 0;
        _lock.Enter();
        for (int i = 0; i < size; i++)
            value |= (uint)ReadByte((ushort)(port + i)) << (8 * i);
        Update();
        _lock.Leave();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        _lock.Enter();
        for (int i = 0; i < size; i++)
            WriteByte((ushort)(port + i), (byte)(value >> (8 * i)));
        Update();
        _lock.Leave();
    }

    private byte ReadByte(ushort port) => port switch
    {
        MasterPort => _master.ReadCommand(),
        MasterPort + 1 => _master.ReadData(),
        SlavePort => _slave.ReadCommand(),
        SlavePort + 1 => _slave.ReadData(),
        EdgeLevelPort => _master.EdgeLevel,
        _ => _slave.EdgeLevel,
    };

    private void WriteByte(ushort port, byte value)
    {
        switch (port)
        {
            case MasterPort:
                _master.WriteCommand(value);
                break;
            case MasterPort + 1:
                _master.WriteData(value);
                break;
            case SlavePort:
                _slave.WriteCommand(value);
                break;
            case SlavePort + 1:
                _slave.WriteData(value);
                break;
            case EdgeLevelPort:
                _master.SetEdgeLevel(value);
                break;
            default:
                _slave.SetEdgeLevel(value);
                break;
        }
    }

    // After every change, under the lock.
    private void Update()
    {
        _master.SetLine(Cascade, _slave.Pending() >= 0);
        bool asserted = _master.Pending() >= 0;
        if (asserted == _asserted)
            return;
        _asserted = asserted;
        _output.Set(asserted);
    }
}
