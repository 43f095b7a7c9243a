// Resource descriptors (ACPI 6.4, section 6.4).
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Acpi;

/// <summary>The resources of one device, written one after another.</summary>
public sealed class ResourceTemplate
{
    private const byte IrqTag = 0x22;
    private const byte IoTag = 0x47;
    private const byte EndTag = 0x79;
    private const byte WordAddressTag = 0x88;
    private const byte DWordAddressTag = 0x87;
    private const byte QWordAddressTag = 0x8a;
    private const byte Memory32Tag = 0x86;

    private readonly byte[] _bytes = new byte[256];
    private int _length;

    private enum AddressType : byte
    {
        Memory = 0,
        Io = 1,
        Bus = 2,
    }

    /// <summary>Ports at a fixed place.</summary>
    public ResourceTemplate Io(ushort port, byte count)
    {
        Byte(IoTag);
        Byte(1);
        Word(port);
        Word(port);
        Byte(1);
        Byte(count);
        return this;
    }

    /// <summary>An edge-triggered ISA interrupt.</summary>
    public ResourceTemplate Irq(int number)
    {
        Byte(IrqTag);
        Word((ushort)(1 << number));
        return this;
    }

    /// <summary>Memory at a fixed place below 4 GiB.</summary>
    public ResourceTemplate Memory32(uint address, uint length)
    {
        Byte(Memory32Tag);
        Word(9);
        Byte(1);
        DWord(address);
        DWord(length);
        return this;
    }

    /// <summary>Bus numbers that a bridge decodes.</summary>
    public ResourceTemplate Buses(byte first, byte last)
    {
        Address16(AddressType.Bus, 0, first, last);
        return this;
    }

    /// <summary>Ports that a bridge passes on.</summary>
    public ResourceTemplate IoWindow(ushort first, ushort last)
    {
        Address16(AddressType.Io, 3, first, last);
        return this;
    }

    /// <summary>Memory below 4 GiB that a bridge passes on.</summary>
    public ResourceTemplate MemoryWindow(uint first, uint last)
    {
        Byte(DWordAddressTag);
        Word(23);
        Header(AddressType.Memory, 1);
        DWord(0);
        DWord(first);
        DWord(last);
        DWord(0);
        DWord(last - first + 1);
        return this;
    }

    /// <summary>Memory anywhere that a bridge passes on.</summary>
    public ResourceTemplate MemoryWindow64(ulong first, ulong last)
    {
        Byte(QWordAddressTag);
        Word(43);
        Header(AddressType.Memory, 1);
        QWord(0);
        QWord(first);
        QWord(last);
        QWord(0);
        QWord(last - first + 1);
        return this;
    }

    internal ReadOnlySpan<byte> Finish()
    {
        Byte(EndTag);
        // A checksum of 0 counts as correct.
        Byte(0);
        return new ReadOnlySpan<byte>(_bytes, 0, _length);
    }

    private void Address16(AddressType type, byte specific, ushort first, ushort last)
    {
        Byte(WordAddressTag);
        Word(13);
        Header(type, specific);
        Word(0);
        Word(first);
        Word(last);
        Word(0);
        Word((ushort)(last - first + 1));
    }

    // Produced for children, both ends fixed, positive decode.
    private void Header(AddressType type, byte specific)
    {
        Byte((byte)type);
        Byte(0x0c);
        Byte(specific);
    }

    private void Byte(byte value) => _bytes[_length++] = value;

    private void Word(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(new Span<byte>(_bytes, _length, 2), value);
        _length += 2;
    }

    private void DWord(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(_bytes, _length, 4), value);
        _length += 4;
    }

    private void QWord(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(new Span<byte>(_bytes, _length, 8), value);
        _length += 8;
    }
}
