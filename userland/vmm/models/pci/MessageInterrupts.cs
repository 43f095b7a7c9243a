// Message-signalled interrupts: MSI and MSI-X (PCI Local Bus 3.0, section 6.8).
namespace Kilonova.Vmm.Models;

/// <summary>The MSI-X table and pending bits of a function, behind one of its base addresses. Guarded by the function's lock.</summary>
public sealed class MessageTable : IMmioDevice
{
    private const int EntrySize = 16;
    private const uint Masked = 1;

    private readonly uint[] _words;
    private readonly ulong[] _pending;
    private readonly ILock _lock;
    private readonly IMessageSink _sink;
    private readonly ulong _pendingOffset;
    private bool _enabled;
    private bool _functionMasked;

    /// <summary>Makes a table with all vectors masked.</summary>
    /// <param name="vectors">1 to 2048.</param>
    /// <param name="pendingOffset">Where in the mapping the pending bits begin.</param>
    /// <param name="sink">Where messages go.</param>
    /// <param name="guard">The function's lock.</param>
    public MessageTable(int vectors, ulong pendingOffset, IMessageSink sink, ILock guard)
    {
        Vectors = vectors;
        _words = new uint[4 * vectors];
        _pending = new ulong[(vectors + 63) / 64];
        _pendingOffset = pendingOffset;
        _sink = sink;
        _lock = guard;
        Clear();
    }

    /// <summary>Number of vectors.</summary>
    public int Vectors { get; }

    /// <summary>MSI-X is on. Under the lock.</summary>
    public bool IsEnabled => _enabled;

    /// <summary>Follows the message control register. Under the lock.</summary>
    public void SetControl(ushort control)
    {
        _enabled = (control & (1 << 15)) != 0;
        _functionMasked = (control & (1 << 14)) != 0;
        for (int i = 0; i < Vectors; i++)
            Flush(i);
    }

    /// <summary>Signals a vector: sends its message, or notes it while it is masked. Under the lock.</summary>
    public void Signal(int vector)
    {
        if ((uint)vector >= (uint)Vectors || !_enabled)
            return;
        _pending[vector >> 6] |= 1ul << (vector & 63);
        Flush(vector);
    }

    /// <summary>The state after reset. Under the lock, or before use.</summary>
    public void Clear()
    {
        for (int i = 0; i < Vectors; i++)
        {
            _words[4 * i] = 0;
            _words[(4 * i) + 1] = 0;
            _words[(4 * i) + 2] = 0;
            _words[(4 * i) + 3] = Masked;
        }

        for (int i = 0; i < _pending.Length; i++)
            _pending[i] = 0;
        _enabled = false;
        _functionMasked = false;
    }

    /// <inheritdoc/>
    public ulong ReadMmio(ulong offset, int size)
    {
        _lock.Enter();
        ulong value = ReadWord(offset & ~3ul);
        if (size == 8)
            value |= (ulong)ReadWord((offset & ~3ul) + 4) << 32;
        _lock.Leave();
        return value >> (8 * (int)(offset & 3));
    }

    /// <inheritdoc/>
    public void WriteMmio(ulong offset, int size, ulong value)
    {
        if ((offset & 3) != 0 || size < 4)
            return;
        _lock.Enter();
        WriteWord(offset, (uint)value);
        if (size == 8)
            WriteWord(offset + 4, (uint)(value >> 32));
        _lock.Leave();
    }

    private uint ReadWord(ulong offset)
    {
        if (offset < (ulong)(EntrySize * Vectors))
            return _words[(int)(offset / 4)];
        ulong bit = (offset - _pendingOffset) * 8;
        if (offset < _pendingOffset || bit >= (ulong)(64 * _pending.Length))
            return 0;
        return (uint)(_pending[(int)(bit >> 6)] >> (int)(bit & 63));
    }

    private void WriteWord(ulong offset, uint value)
    {
        if (offset >= (ulong)(EntrySize * Vectors))
            return;
        int word = (int)(offset / 4);
        _words[word] = (word & 3) switch
        {
            0 => value & ~3u,
            3 => value & Masked,
            _ => value,
        };
        Flush(word / 4);
    }

    private void Flush(int vector)
    {
        ulong bit = 1ul << (vector & 63);
        int entry = 4 * vector;
        if (!_enabled || _functionMasked || (_words[entry + 3] & Masked) != 0 || (_pending[vector >> 6] & bit) == 0)
            return;
        _pending[vector >> 6] &= ~bit;
        _sink.Send(_words[entry] | ((ulong)_words[entry + 1] << 32), _words[entry + 2]);
    }
}

/// <summary>The host bridge's own function, device 0: an Intel Q35 to those who ask.</summary>
public sealed class HostBridgeFunction : PciFunction
{
    private const int ExtendedBaseAddress = 0x60;
    private const int AttributeMap = 0x90;
    private const int AttributeMaps = 7;
    private const byte AllRam = 0x33;
    private const ushort FirmwareVendor = 0x1af4;
    private const ushort FirmwareMachine = 0x1100;

    /// <summary>Makes the function.</summary>
    /// <param name="configurationAddress">PCIEXBAR: where configuration space is in memory.</param>
    /// <param name="guard">Guards it.</param>
    /// <param name="hasFirmware">
    /// Whether its subsystem tells firmware that this is a virtual machine with a <see cref="FirmwareConfiguration"/>.
    /// </param>
    public HostBridgeFunction(ulong configurationAddress, ILock guard, bool hasFirmware = false)
        : base(0x8086, 0x29c0, 0x06_0000, 2, guard)
    {
        // PAM0 to PAM6: what lies below 1 MiB is memory, writable or not as the guest says; nothing is behind these registers.
        for (int i = 0; i < AttributeMaps; i++)
            Define(AttributeMap + i, AllRam, AllRam);
        if (hasFirmware)
        {
            Put16(PciRegister.SubsystemVendorId, FirmwareVendor);
            Put16(PciRegister.SubsystemId, FirmwareMachine);
        }

        // Fixed: bit 0 enable, bits 2-1 = 2 say 64 buses; what is there is said by the MCFG table.
        Put32(ExtendedBaseAddress, (uint)configurationAddress | 5);
        Put32(ExtendedBaseAddress + 4, (uint)(configurationAddress >> 32));
    }
}
