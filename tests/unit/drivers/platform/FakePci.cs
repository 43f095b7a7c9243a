using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Kilonova.Platform;
using Xunit;

namespace Kilonova.Drivers.Tests.Platform;

/// <summary>Functions with configuration space: registers that keep only the bits they have, resets that forget, and a record of both.</summary>
internal sealed class FakePci(int size = 4096)
{
    private readonly Dictionary<ushort, FakeFunction> _functions = [];

    public FakeFunction Add(int bus, int device, int function, ushort vendor, ushort id, uint classCode)
    {
        FakeFunction added = new(vendor, id, classCode);
        _functions[new PciAddress(bus, device, function).Value] = added;
        return added;
    }

    public Access Reader => new(this);

    internal readonly struct Access(FakePci pci) : IPciAccess
    {
        public int SizeOf(byte bus) => pci.Size;

        public uint Read(PciAddress address, int offset)
        {
            Assert.True(offset % 4 == 0 && offset < pci.Size);
            return pci._functions.TryGetValue(address.Value, out FakeFunction? function) ? function.Read(offset) : uint.MaxValue;
        }

        public void Write(PciAddress address, int offset, uint value)
        {
            Assert.True(offset % 4 == 0 && offset < pci.Size);
            if (pci._functions.TryGetValue(address.Value, out FakeFunction? function))
                function.Write(offset, value);
        }
    }

    private int Size => size;
}

internal sealed class FakeFunction
{
    private readonly Dictionary<int, uint> _masks = [];
    private readonly byte[] _initial;
    private byte[] _bytes = new byte[4096];
    private int _capability = 0x34;
    private int _end = 0x40;
    private int _expressControl;
    private int _power;

    public FakeFunction(ushort vendor, ushort device, uint classCode)
    {
        _initial = _bytes;
        Set(0, vendor | (uint)device << 16);
        Set(8, classCode << 8);
        _masks[4] = 0x0407;
        for (int i = 0x40; i < 4096; i += 4)
            _masks[i] = uint.MaxValue;
    }

    public int Resets { get; private set; }

    public bool DecodedWhileSized { get; private set; }

    public uint this[int offset] => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));

    public FakeFunction Bar(int index, uint raw, uint mask)
    {
        Set(0x10 + 4 * index, raw);
        _masks[0x10 + 4 * index] = mask;
        return this;
    }

    public FakeFunction Multifunction()
    {
        Set(0x0c, this[0x0c] | 0x80_0000);
        return this;
    }

    public FakeFunction Bridge(byte secondary, byte subordinate)
    {
        Set(0x0c, this[0x0c] | 0x1_0000);
        Set(0x18, (uint)secondary << 8 | (uint)subordinate << 16);
        return this;
    }

    public int Capability(byte id, params uint[] words)
    {
        int at = _end;
        _end += 4 + 4 * words.Length;
        _bytes[6] |= 1 << 4;
        _bytes[_capability] = (byte)at;
        _capability = at + 1;
        Set(at, id | (words.Length == 0 ? 0 : words[0] & 0xffff_0000));
        for (int i = 1; i < words.Length; i++)
            Set(at + 4 * i, words[i]);

        if (id == 0x10)
            _expressControl = at + 8;

        if (id == 0x01)
            _power = at + 4;

        return at;
    }

    public uint Read(int offset) => this[offset];

    public void Write(int offset, uint value)
    {
        if (offset is >= 0x10 and < 0x28 && value == uint.MaxValue && (this[4] & 3) != 0)
            DecodedWhileSized = true;

        if (offset == _expressControl && offset != 0 && (value & 1 << 15) != 0)
        {
            Reset();
            return;
        }

        if (offset == _power && offset != 0 && (this[_power] & 3) == 3 && (value & 3) == 0)
        {
            Reset();
            return;
        }

        uint mask = _masks.GetValueOrDefault(offset);
        Set(offset, this[offset] & ~mask | value & mask);
    }

    private void Reset()
    {
        Resets++;
        byte[] before = _bytes;
        _bytes = (byte[])_initial.Clone();
        before.AsSpan(0x34).CopyTo(_bytes.AsSpan(0x34));
        _bytes.AsSpan(4, 2).Clear();
        for (int i = 0x10; i < 0x28; i += 4)
            Set(i, this[i] & 0xf);

        if (_power != 0)
            Set(_power, this[_power] & ~3u);
    }

    private void Set(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(offset), value);
}
