using System;
using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace Kilonova.Runtime.Tests;

public sealed class SymbolTableTests
{
    private static readonly byte[] s_table = Build(0x1000, (0, "first"), (0x10, "second"), (0x40, "third"));

    [Theory]
    [InlineData(0x1000ul, "first", 0ul)]
    [InlineData(0x100ful, "first", 15ul)]
    [InlineData(0x1010ul, "second", 0ul)]
    [InlineData(0x103ful, "second", 47ul)]
    [InlineData(0x1040ul, "third", 0ul)]
    [InlineData(0x9999ul, "third", 0x8959ul)]
    [InlineData(0xffful, "", 0ul)]
    [InlineData(0ul, "", 0ul)]
    public void Finds_the_function_before_an_address(ulong address, string name, ulong offset)
    {
        var found = new SymbolTable(s_table).Find(address, out var distance);
        Assert.Equal(name, Encoding.UTF8.GetString(found));
        Assert.Equal(offset, distance);
    }

    [Fact]
    public void Damaged_tables_name_nothing_wrong()
    {
        Assert.Equal(0, new SymbolTable("garbage and more garbage"u8).Count);
        Assert.True(new SymbolTable(ReadOnlySpan<byte>.Empty).Find(0x1000, out _).IsEmpty);
        for (var length = 0; length < s_table.Length; length++)
        {
            var cut = s_table.AsSpan(0, length);
            var name = Encoding.UTF8.GetString(new SymbolTable(cut).Find(0x1011, out _));
            Assert.True("second".StartsWith(name, StringComparison.Ordinal) || "first".StartsWith(name, StringComparison.Ordinal) || length < 40);
        }
    }

    private static byte[] Build(ulong start, params (uint Offset, string Name)[] functions)
    {
        var names = new StringBuilder();
        var table = new byte[16 + functions.Length * 8];
        "KSYM"u8.CopyTo(table);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(4), functions.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(8), start);
        for (var i = 0; i < functions.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(16 + i * 8), functions[i].Offset);
            BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(20 + i * 8), names.Length);
            names.Append(functions[i].Name).Append('\0');
        }

        return [.. table, .. Encoding.ASCII.GetBytes(names.ToString())];
    }
}
