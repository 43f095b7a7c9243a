// Encodes ACPI Machine Language (ACPI 6.4, chapter 20) into a caller's buffer.
using System;

namespace Kilonova.Vmm.Acpi;

/// <summary>
/// Writes terms one after another. Packages, scopes and the like are opened and closed; their length is filled in when they close, always
/// in three bytes, so that nothing moves. Text is ASCII. Throws if the buffer is too small, which is a defect of whoever composed it.
/// </summary>
public sealed class AmlWriter
{
    private const byte ZeroOp = 0x00;
    private const byte OneOp = 0x01;
    private const byte NameOp = 0x08;
    private const byte BytePrefix = 0x0a;
    private const byte WordPrefix = 0x0b;
    private const byte DWordPrefix = 0x0c;
    private const byte StringPrefix = 0x0d;
    private const byte QWordPrefix = 0x0e;
    private const byte ScopeOp = 0x10;
    private const byte BufferOp = 0x11;
    private const byte PackageOp = 0x12;
    private const byte MethodOp = 0x14;
    private const byte ExtendedPrefix = 0x5b;
    private const byte DeviceOp = 0x82;
    private const byte RootChar = 0x5c;
    private const byte Arg0Op = 0x68;
    private const byte StoreOp = 0x70;
    private const byte IfOp = 0xa0;
    private const byte ReturnOp = 0xa4;
    private const int LengthBytes = 3;
    private const int MaximumDepth = 8;

    private readonly byte[] _bytes;
    private readonly int[] _open = new int[MaximumDepth];
    private int _depth;

    /// <summary>Writes into a buffer from an offset on.</summary>
    public AmlWriter(byte[] bytes, int offset)
    {
        _bytes = bytes;
        Position = offset;
    }

    /// <summary>Where the next byte goes.</summary>
    public int Position { get; private set; }

    /// <summary>Opens Scope (name).</summary>
    public void BeginScope(string name)
    {
        Byte(ScopeOp);
        Open();
        Name(name);
    }

    /// <summary>Opens Device (name).</summary>
    public void BeginDevice(string name)
    {
        Byte(ExtendedPrefix);
        Byte(DeviceOp);
        Open();
        Name(name);
    }

    /// <summary>Opens Method (name, arguments, NotSerialized).</summary>
    public void BeginMethod(string name, int arguments)
    {
        Byte(MethodOp);
        Open();
        Name(name);
        Byte((byte)arguments);
    }

    /// <summary>Opens Package (elements).</summary>
    public void BeginPackage(int elements)
    {
        Byte(PackageOp);
        Open();
        Byte((byte)elements);
    }

    /// <summary>Opens If (a name that is not 0).</summary>
    public void BeginIf(string condition)
    {
        Byte(IfOp);
        Open();
        Name(condition);
    }

    /// <summary>Closes what was opened last.</summary>
    public void End()
    {
        int start = _open[--_depth];
        int length = Position - start;
        // Two more bytes follow; the lead byte holds bits 3 to 0.
        _bytes[start] = (byte)((2 << 6) | (length & 0xf));
        _bytes[start + 1] = (byte)(length >> 4);
        _bytes[start + 2] = (byte)(length >> 12);
    }

    /// <summary>Name (name, ...): the object follows.</summary>
    public void NameObject(string name)
    {
        Byte(NameOp);
        Name(name);
    }

    /// <summary>Name (name, integer).</summary>
    public void NameInteger(string name, ulong value)
    {
        NameObject(name);
        Integer(value);
    }

    /// <summary>Name (name, EisaId (id)).</summary>
    public void NameEisaId(string name, string id)
    {
        NameObject(name);
        EisaId(id);
    }

    /// <summary>Name (name, ResourceTemplate): the resources and an end tag.</summary>
    public void NameResources(string name, ResourceTemplate resources)
    {
        NameObject(name);
        ReadOnlySpan<byte> bytes = resources.Finish();
        Byte(BufferOp);
        Open();
        Integer((ulong)bytes.Length);
        for (int i = 0; i < bytes.Length; i++)
            Byte(bytes[i]);
        End();
    }

    /// <summary>An integer in its shortest form.</summary>
    public void Integer(ulong value)
    {
        if (value <= 1)
        {
            Byte(value == 0 ? ZeroOp : OneOp);
            return;
        }

        int size = value <= byte.MaxValue ? 1 : value <= ushort.MaxValue ? 2 : value <= uint.MaxValue ? 4 : 8;
        Byte(size switch
        {
            1 => BytePrefix,
            2 => WordPrefix,
            4 => DWordPrefix,
            _ => QWordPrefix,
        });
        for (int i = 0; i < size; i++)
            Byte((byte)(value >> (8 * i)));
    }

    /// <summary>A string.</summary>
    public void String(string value)
    {
        Byte(StringPrefix);
        for (int i = 0; i < value.Length; i++)
            Byte((byte)value[i]);
        Byte(0);
    }

    /// <summary>A compressed identifier such as PNP0A08 (section 19.3.4).</summary>
    public void EisaId(string id)
    {
        uint value = 0;
        for (int i = 0; i < 3; i++)
            value = (value << 5) | (uint)(id[i] - 0x40);
        for (int i = 3; i < 7; i++)
            value = (value << 4) | (uint)(id[i] <= '9' ? id[i] - '0' : id[i] - 'A' + 10);
        // Big-endian in memory.
        Byte(DWordPrefix);
        for (int i = 3; i >= 0; i--)
            Byte((byte)(value >> (8 * i)));
    }

    /// <summary>Store (ArgN, name).</summary>
    public void StoreArgument(int argument, string name)
    {
        Byte(StoreOp);
        Byte((byte)(Arg0Op + argument));
        Name(name);
    }

    /// <summary>Return (name).</summary>
    public void Return(string name)
    {
        Byte(ReturnOp);
        Name(name);
    }

    /// <summary>A name: up to four characters, padded with underscores, at the root if it begins with a backslash.</summary>
    public void Name(string name)
    {
        int first = 0;
        if (name[0] == RootChar)
        {
            Byte(RootChar);
            first = 1;
        }

        for (int i = 0; i < 4; i++)
            Byte(first + i < name.Length ? (byte)name[first + i] : (byte)'_');
    }

    private void Open()
    {
        _open[_depth++] = Position;
        Position += LengthBytes;
    }

    private void Byte(byte value) => _bytes[Position++] = value;
}
