using System;
using System.IO;
using System.Linq;
using Kilonova.Elf;
using Kilonova.Gates;
using Xunit;

namespace Kilonova.Build.Tests;

public class ImageGateTests
{
    private static ElfBuilder Clean => new ElfBuilder().Function("start", a => a.ret());

    [Fact]
    public void A_clean_image_passes()
    {
        var image = Clean.Segment(flags: 6, address: 0x600000, size: 0x2000).Build();

        Assert.Empty(SegmentGate.CheckSegments(image));
        Assert.Empty(SegmentGate.CheckSymbols(image));
        Assert.Empty(SegmentGate.CheckKernelSize(image, new GateSettings()));
        Assert.Empty(HeapGate.Check(Clean.Code()));
        Assert.Empty(StaticsGate.Check(image));
    }

    [Fact]
    public void A_segment_both_writable_and_executable_is_found()
    {
        var image = Clean.Segment(flags: 7, address: 0x600000, size: 0x2000).Build();

        Assert.Equal("the segment 0x600000 to 0x602000 is both writable and executable", Assert.Single(SegmentGate.CheckSegments(image)).Message);
    }

    [Fact]
    public void A_segment_in_page_0_is_found()
    {
        var image = Clean.Segment(flags: 4, address: 0x800, size: 0x100).Build();

        Assert.Contains("maps page 0", Assert.Single(SegmentGate.CheckSegments(image)).Message);
    }

    [Fact]
    public void Undefined_symbols_are_found_weak_ones_too()
    {
        var image = Clean.Undefined("missing").Undefined("perhaps", weak: true).Build();

        Assert.Equal(["missing is undefined", "perhaps is undefined (weak)"], SegmentGate.CheckSymbols(image).Select(violation => violation.Message));
    }

    [Fact]
    public void A_kernel_over_its_size_is_found()
    {
        var image = new ElfBuilder().Function("start", a => a.db(new byte[100])).Build();

        Assert.Contains("100 bytes of code and data, limit 99", Assert.Single(SegmentGate.CheckKernelSize(image, new GateSettings { KernelSizeLimit = 99 })).Message);
    }

    [Fact]
    public void The_symbol_table_does_not_count_against_the_size()
    {
        var image = new ElfBuilder()
            .Function("start", a => a.db(new byte[100]))
            .Function("__symbols_start", a => a.db(new byte[30]))
            .Function("__symbols_end", a => a.ret())
            .Build();

        Assert.Equal(101, SegmentGate.KernelSize(image));
    }

    [Fact]
    public void The_allocator_behind_new_is_found_with_its_caller()
    {
        var builder = new ElfBuilder();
        builder
            .Function("creates", a =>
            {
                a.call(builder.LabelOf("RhpNewFast"));
                a.ret();
            })
            .Function("RhpNewFast", a => a.ret());

        Assert.Equal("RhpNewFast is linked into the kernel, called by creates", Assert.Single(HeapGate.Check(builder.Code())).Message);
    }

    [Theory]
    [InlineData("__GCSTATICSkernel_Kilonova_Kernel_Planted", "kernel_Kilonova_Kernel_Planted has static fields of reference type")]
    [InlineData("__THREADSTATICSkernel_Kilonova_Kernel_Planted", "kernel_Kilonova_Kernel_Planted has thread statics")]
    [InlineData("kernel_Kilonova_Kernel_Planted___cctor", "kernel_Kilonova_Kernel_Planted needs a static constructor")]
    public void A_static_that_nothing_would_set_up_is_found(string symbol, string message)
    {
        var image = Clean.Function(symbol, a => a.ret()).Build();

        Assert.StartsWith(message, Assert.Single(StaticsGate.Check(image)).Message);
    }

    [Fact]
    public void What_ilc_gave_up_on_is_found()
    {
        const string Log = "Compiling\nILC: AOT analysis error IL1005: Kilonova.Hello.Program.Main(): Method will always throw because: x\nDone\n";

        Assert.Contains("Kilonova.Hello.Program.Main", Assert.Single(IlcLogGate.Check(Log)).Message);
        Assert.Empty(IlcLogGate.Check("Compiling\nDone\n"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(40)]
    [InlineData(32)]
    public void A_damaged_file_is_refused_not_read(int offset)
    {
        var bytes = Clean.Bytes();
        bytes.AsSpan(offset, 8).Fill(0xEE);

        Assert.Throws<InvalidDataException>(() => ElfFile.Parse(bytes));
    }

    [Fact]
    public void A_cut_file_is_refused_at_every_length()
    {
        var bytes = Clean.Bytes();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => ElfFile.Parse(bytes[..length]));
        }
    }
}
