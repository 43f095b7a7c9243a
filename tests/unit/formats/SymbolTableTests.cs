using System;
using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace Kilonova.Formats.Tests;

public class SymbolTableTests
{
    private const ulong Origin = 0xffff_ffff_8020_1000;

    private static byte[] Make(params (uint Offset, string Name)[] functions)
    {
        byte[] names = [.. Encoding.UTF8.GetBytes(string.Join('\0', Array.ConvertAll(functions, f => f.Name))), 0];
        byte[] table = new byte[16 + (8 * functions.Length) + names.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(table, SymbolTable.Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4), (uint)functions.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(8), Origin);
        uint name = 0;
        for (int i = 0; i < functions.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(16 + (8 * i)), functions[i].Offset);
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(20 + (8 * i)), name);
            name += (uint)Encoding.UTF8.GetByteCount(functions[i].Name) + 1;
        }

        names.CopyTo(table, 16 + (8 * functions.Length));
        return table;
    }

    private static string Find(byte[] table, ulong address)
    {
        ReadOnlySpan<byte> name = SymbolTable.Find(table, address, out ulong offset);
        return name.IsEmpty ? "" : $"{Encoding.UTF8.GetString(name)}+{offset}";
    }

    [Theory]
    [InlineData(0, "First+0")]
    [InlineData(15, "First+15")]
    [InlineData(16, "Größe+0")]
    [InlineData(40, "Größe+24")]
    [InlineData(100, "Last+0")]
    [InlineData(100_000, "Last+99900")]
    public void An_address_belongs_to_the_last_function_not_above_it(ulong distance, string expected) =>
        Assert.Equal(expected, Find(Make((0, "First"), (16, "Größe"), (100, "Last")), Origin + distance));

    [Fact]
    public void An_address_below_all_functions_has_no_name()
    {
        Assert.Equal("", Find(Make((16, "First")), Origin - 1));
        Assert.Equal("", Find(Make((16, "First")), Origin + 15));
    }

    [Fact]
    public void Every_function_of_a_large_table_is_found()
    {
        var functions = new (uint, string)[1000];
        for (int i = 0; i < functions.Length; i++)
        {
            functions[i] = ((uint)(i * 32), "f" + i);
        }

        byte[] table = Make(functions);
        for (uint i = 0; i < functions.Length; i++)
        {
            Assert.Equal($"f{i}+31", Find(table, Origin + (i * 32) + 31));
        }
    }

    [Fact]
    public void A_damaged_table_finds_nothing()
    {
        byte[] table = Make((0, "First"), (16, "Last"));
        Assert.Equal("", Find([], Origin));
        Assert.Equal("", Find(table[..15], Origin));
        Assert.Equal("", Find(table[..24], Origin));

        byte[] magic = (byte[])table.Clone();
        magic[0] ^= 1;
        Assert.Equal("", Find(magic, Origin));

        byte[] count = (byte[])table.Clone();
        BinaryPrimitives.WriteUInt32LittleEndian(count.AsSpan(4), uint.MaxValue);
        Assert.Equal("", Find(count, Origin));

        byte[] name = (byte[])table.Clone();
        BinaryPrimitives.WriteUInt32LittleEndian(name.AsSpan(20), uint.MaxValue);
        Assert.Equal("", Find(name, Origin));

        Assert.Equal(0u, SymbolTable.Count(magic));

        // The last name does not end.
        Assert.Equal("", Find(table[..^1], Origin + 16));
    }
}
