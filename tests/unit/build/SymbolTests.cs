using System.IO;
using System.Linq;
using Kilonova.Symbols;
using Xunit;

namespace Kilonova.Build.Tests;

public class SymbolTests
{
    [Fact]
    public void A_table_reads_back_as_it_was_written()
    {
        (ulong, string)[] functions = [(0xFFFFFFFF80001000, "Kernel.Start"), (0xFFFFFFFF80001010, "Größe.Über"), (0xFFFFFFFF80002000, "Kernel.Start")];

        Assert.Equal(functions, SymbolTable.Decode(SymbolTable.Encode(functions)));
    }

    [Fact]
    public void A_table_has_the_bytes_that_the_documentation_says()
    {
        byte[] expected =
        [
            (byte)'K', (byte)'S', (byte)'Y', (byte)'M', 2, 0, 0, 0, 0x00, 0x10, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0,
            0x20, 0, 0, 0, 2, 0, 0, 0,
            (byte)'A', 0, (byte)'B', 0,
        ];

        Assert.Equal(expected, SymbolTable.Encode([(0x1000, "A"), (0x1020, "B")]));
    }

    [Fact]
    public void An_empty_table_is_a_table() => Assert.Empty(SymbolTable.Decode(SymbolTable.Encode([])));

    [Fact]
    public void A_table_that_promises_more_than_it_has_is_refused()
    {
        var table = SymbolTable.Encode([(0x1000, "A")]);
        table[4] = 200;

        Assert.Throws<InvalidDataException>(() => SymbolTable.Decode(table).ToList());
    }

    [Fact]
    public void Functions_are_listed_by_address_under_their_csharp_name()
    {
        var image = new ElfBuilder()
            .Function("kernel_Kilonova_Kernel_Cpu__Start", a => a.ret())
            .Function("entry_stub", a => a.ret())
            .Build();
        var demangler = new NameDemangler();
        demangler.AddType("kernel", "Kilonova.Kernel.Cpu");

        var table = SymbolTable.Decode(SymbolTable.Extract(image, demangler));

        Assert.Equal([(ElfBuilder.TextAddress, "Kilonova.Kernel.Cpu.Start"), (ElfBuilder.TextAddress + 1, "entry_stub")], table);
    }

    [Theory]
    [InlineData("Kilonova_Abi_Kilonova_Abi_Utcb__Read", "Kilonova.Abi.Utcb.Read")]
    [InlineData("Kilonova_Abi_Kilonova_Abi_Utcb___ctor", "Kilonova.Abi.Utcb..ctor")]
    [InlineData("Kilonova_Abi_Kilonova_Abi_Utcb_Word__get_Value", "Kilonova.Abi.Utcb.Word.get_Value")]
    [InlineData("S_P_CoreLib_System_Span_1<UInt64>__Slice", "System.Span<System.UInt64>.Slice")]
    [InlineData("S_P_CoreLib_System_Buffer__Move<Kilonova_Abi_Kilonova_Abi_Utcb>", "System.Buffer.Move<Kilonova.Abi.Utcb>")]
    [InlineData("String__Concat_0", "System.String.Concat_0")]
    public void Names_of_methods_become_readable(string symbol, string expected)
    {
        var demangler = new NameDemangler();
        demangler.AddType("Kilonova.Abi", "Kilonova.Abi.Utcb");
        demangler.AddType("Kilonova.Abi", "Kilonova.Abi.Utcb+Word");
        demangler.AddType("System.Private.CoreLib", "System.Span`1");
        demangler.AddType("System.Private.CoreLib", "System.Buffer");
        demangler.AddType("System.Private.CoreLib", "System.String");
        demangler.AddType("System.Private.CoreLib", "System.UInt64");

        Assert.Equal(expected, demangler.TryDemangle(symbol));
    }

    [Theory]
    [InlineData("memcpy")]
    [InlineData("__managed__Main")]
    [InlineData("Unknown_Type__Method")]
    [InlineData("__")]
    [InlineData("")]
    public void Other_names_stay_as_they_are(string symbol) => Assert.Null(new NameDemangler().TryDemangle(symbol));
}
