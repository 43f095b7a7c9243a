using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace Kilonova.Formats.Tests;

/// <summary>Writes little-endian fields one after the other, and seals what has checksums.</summary>
public sealed class Bytes
{
    private readonly List<byte> _bytes = [];

    public int Count => _bytes.Count;

    public static Bytes New => new();

    public Bytes U8(params int[] values)
    {
        foreach (int value in values)
            _bytes.Add((byte)value);

        return this;
    }

    public Bytes U16(int value) => U8(value, value >> 8);

    public Bytes U32(uint value) => U16((int)value).U16((int)(value >> 16));

    public Bytes U64(ulong value) => U32((uint)value).U32((uint)(value >> 32));

    public Bytes Text(string text)
    {
        _bytes.AddRange(Encoding.UTF8.GetBytes(text));
        return this;
    }

    public Bytes Add(byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public Bytes Zero(int count) => Add(new byte[count]);

    /// <summary>Fills up with zeros to an offset.</summary>
    public Bytes To(int offset) => Zero(offset - _bytes.Count);

    public byte[] Array() => [.. _bytes];

    /// <summary>A system description table: header, body, right length and checksum.</summary>
    public static byte[] Table(string signature, byte[] body, byte revision = 1)
        => Seal(New.Text(signature).U32((uint)(36 + body.Length)).U8(revision, 0).Text("KILONOVAKILONOVA").Zero(10).Add(body).Array());

    /// <summary>Sets the checksum of a system description table.</summary>
    public static byte[] Seal(byte[] table)
    {
        table[9] = 0;
        table[9] = (byte)-Sum(table);
        return table;
    }

    public static byte Sum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (byte value in bytes)
            sum += value;

        return sum;
    }

    public static byte[] With(byte[] source, int offset, params byte[] patch)
    {
        byte[] copy = (byte[])source.Clone();
        patch.CopyTo(copy, offset);
        return copy;
    }

    public static byte[] Le(ulong value, int size)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes[..size];
    }
}
