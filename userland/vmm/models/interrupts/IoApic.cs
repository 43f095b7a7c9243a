// The I/O APIC (Intel 82093AA data sheet, with the EOI register of version 0x20).
namespace Kilonova.Vmm.Models;

/// <summary>Twenty-four inputs, each with a redirection entry that says which processors get which vector.</summary>
public sealed class IoApic : IPlainMmioDevice, ILineSink
{
    /// <summary>Guest-physical address.</summary>
    public const ulong Address = 0xfec0_0000;

    /// <summary>Size of the register window in bytes.</summary>
    public const ulong Size = 0x1000;

    /// <summary>Number of inputs.</summary>
    public const int Inputs = 24;

    private const ulong SelectOffset = 0x00;
    private const ulong WindowOffset = 0x10;
    private const ulong EoiOffset = 0x40;

    private const int IdRegister = 0;
    private const int VersionRegister = 1;
    private const int ArbitrationRegister = 2;
    private const int FirstRedirection = 0x10;
    private const uint Version = 0x20 | ((Inputs - 1) << 16);

    private const ulong DeliveryStatus = 1 << 12;
    private const ulong RemoteIrr = 1 << 14;
    private const ulong LevelTriggered = 1 << 15;
    private const ulong Masked = 1 << 16;
    private const ulong ReadOnly = DeliveryStatus | RemoteIrr;
    private const ulong Writable = 0xff00_0000_0001_ffff;

    private readonly ILock _lock;
    private readonly ApicBus _bus;
    private readonly ulong[] _redirection = new ulong[Inputs];
    private uint _lines;
    private uint _id;
    private byte _select;

    /// <summary>Makes an I/O APIC with everything masked.</summary>
    public IoApic(ApicBus bus, ILock guard)
    {
        _bus = bus;
        _lock = guard;
        Clear();
    }

    /// <summary>Claims the register window.</summary>
    public bool Map(MmioBus bus) => bus.Map(Address, Size, this);

    /// <summary>Brings the registers to their state after power-on.</summary>
    public void Reset()
    {
        _lock.Enter();
        Clear();
        _lock.Leave();
    }

    /// <inheritdoc/>
    public void SetLine(int line, bool asserted)
    {
        if ((uint)line >= Inputs)
            return;
        _lock.Enter();
        uint bit = 1u << line;
        bool rises = asserted && (_lines & bit) == 0;
        _lines = asserted ? _lines | bit : _lines & ~bit;
        ulong entry = _redirection[line];
        if ((entry & LevelTriggered) != 0)
            DeliverLevel(line);
        else if (rises && (entry & Masked) == 0)
            Deliver(entry);
        _lock.Leave();
    }

    /// <summary>A processor has ended a level-triggered interrupt.</summary>
    public void EndOfInterrupt(byte vector)
    {
        _lock.Enter();
        for (int i = 0; i < Inputs; i++)
        {
            if ((byte)_redirection[i] != vector || (_redirection[i] & LevelTriggered) == 0)
                continue;
            _redirection[i] &= ~RemoteIrr;
            DeliverLevel(i);
        }

        _lock.Leave();
    }

    /// <inheritdoc/>
    public ulong ReadMmio(ulong offset, int size)
    {
        uint value = 0;
        _lock.Enter();
        switch (offset & ~3ul)
        {
            case SelectOffset:
                value = _select;
                break;
            case WindowOffset:
                value = ReadRegister(_select);
                break;
        }

        _lock.Leave();
        return value >> (8 * (int)(offset & 3));
    }

    /// <inheritdoc/>
    public void WriteMmio(ulong offset, int size, ulong value)
    {
        switch (offset)
        {
            case SelectOffset:
                _lock.Enter();
                _select = (byte)value;
                _lock.Leave();
                break;
            case WindowOffset when size >= 4:
                _lock.Enter();
                WriteRegister(_select, (uint)value);
                _lock.Leave();
                break;
            case EoiOffset when size >= 4:
                EndOfInterrupt((byte)value);
                break;
        }
    }

    private void Clear()
    {
        for (int i = 0; i < Inputs; i++)
            _redirection[i] = Masked;
        _id = 0;
        _select = 0;
    }

    private uint ReadRegister(int register)
    {
        switch (register)
        {
            case IdRegister or ArbitrationRegister:
                return _id;
            case VersionRegister:
                return Version;
        }

        int half = register - FirstRedirection;
        if ((uint)half >= 2 * Inputs)
            return 0;
        return (uint)(_redirection[half / 2] >> (32 * (half & 1)));
    }

    private void WriteRegister(int register, uint value)
    {
        if (register == IdRegister)
            _id = value & 0x0f00_0000;
        int half = register - FirstRedirection;
        if ((uint)half >= 2 * Inputs)
            return;
        int shift = 32 * (half & 1);
        ulong before = _redirection[half / 2];
        ulong written = (before & ~(0xffff_fffful << shift)) | ((ulong)value << shift);
        ulong entry = (written & Writable & ~ReadOnly) | (before & ReadOnly);
        if ((entry & LevelTriggered) == 0)
            entry &= ~RemoteIrr;
        _redirection[half / 2] = entry;
        DeliverLevel(half / 2);
    }

    // A level input asks as long as it is asserted and nobody serves it. Polarity is a wiring matter: lines arrive as asserted or not.
    private void DeliverLevel(int input)
    {
        ulong entry = _redirection[input];
        if ((entry & (LevelTriggered | Masked | RemoteIrr)) != LevelTriggered || (_lines & (1u << input)) == 0)
            return;
        _redirection[input] |= RemoteIrr;
        Deliver(entry);
    }

    private void Deliver(ulong entry) => _bus.Deliver(new ApicMessage
    {
        Destination = (uint)(entry >> 56),
        IsLogical = (entry & (1 << 11)) != 0,
        Mode = (DeliveryMode)((entry >> 8) & 7),
        Vector = (byte)entry,
        IsLevel = (entry & LevelTriggered) != 0,
    });
}
