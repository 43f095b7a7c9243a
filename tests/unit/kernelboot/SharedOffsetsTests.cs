using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Kilonova.KernelBoot.Tests;

/// <summary>What assembly and C# both state is the same. Read from the sources, since the C# ones name instructions.</summary>
public class SharedOffsetsTests
{
    private static readonly string s_kernel = Path.Combine(Folder(), "..", "..", "..", "kernel");

    private static readonly Dictionary<string, ulong> s_layout = Defines("layout.h");
    private static readonly Dictionary<string, ulong> s_offsets = Defines("offsets.h");

    private static string Folder([CallerFilePath] string file = "")
    {
        // The compiler maps the checkout to /kilonova; the test runs below it.
        if (File.Exists(file))
        {
            return Path.GetDirectoryName(file)!;
        }

        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root != null && !File.Exists(Path.Combine(root.FullName, "Kilonova.slnx")))
        {
            root = root.Parent;
        }

        return Path.Combine(root!.FullName, "tests", "unit", "kernelboot");
    }

    private static string Source(params string[] path) => File.ReadAllText(Path.Combine([s_kernel, .. path]));

    private static Dictionary<string, ulong> Defines(string header)
    {
        var values = new Dictionary<string, ulong>();
        const string Define = @"^#define\s+(\w+)\s+(0x[0-9a-f]+|\d+)\s*$";
        foreach (Match match in Regex.Matches(Source("arch", "x86_64", header), Define, RegexOptions.Multiline))
        {
            values.Add(match.Groups[1].Value, Number(match.Groups[2].Value));
        }

        return values;
    }

    private static ulong Number(string text)
    {
        string digits = text.Replace("_", "", StringComparison.Ordinal).TrimEnd('u', 'l');
        return digits.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.Parse(digits.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : ulong.Parse(digits, CultureInfo.InvariantCulture);
    }

    private static ulong Constant(string name, params string[] path) =>
        Number(Regex.Match(Source(path), $@"const \w+ {name} = (0x[0-9a-f_]+|\d+)").Groups[1].Value);

    private static Dictionary<string, ulong> FieldOffsets(params string[] path) =>
        Regex.Matches(Source(path), @"\[FieldOffset\((0x[0-9a-f]+)\)\]\s*public [\w<>*]+ (\w+)")
            .ToDictionary(match => match.Groups[2].Value, match => Number(match.Groups[1].Value));

    private static string Pascal(string snake) =>
        string.Concat(snake.Split('_').Select(word => word[..1] + word[1..].ToLowerInvariant()));

    [Fact]
    public void Addresses_are_the_same_in_assembly_linker_script_and_code()
    {
        Assert.Equal(Constant("ImageBase", "arch", "x86_64", "Layout.cs"), s_layout["VIRTUAL_BASE"]);
        Assert.Equal(Constant("LoadAddress", "arch", "x86_64", "Layout.cs"), s_layout["LOAD_ADDRESS"]);
        Assert.Equal(Constant("AreaBase", "arch", "x86_64", "Cpu.Current.cs"), s_layout["AREA_BASE"]);
        Assert.Equal(Constant("AreaStride", "arch", "x86_64", "Cpu.Current.cs"), s_layout["AREA_STRIDE"]);
        Assert.Equal(Constant("AreaPages", "arch", "x86_64", "KernelSpace.cs"), s_layout["AREA_PAGES"]);
        Assert.Equal(Constant("AreaStackEnd", "arch", "x86_64", "Descriptors.cs"), s_layout["AREA_STACK_END"]);

        string script = Source("kernel.ld");
        Assert.Equal(s_layout["VIRTUAL_BASE"], Number(Regex.Match(script, @"VIRTUAL_BASE = (0x[0-9a-f]+);").Groups[1].Value));
        Assert.Equal(s_layout["LOAD_ADDRESS"], Number(Regex.Match(script, @"LOAD_ADDRESS = (0x[0-9a-f]+);").Groups[1].Value));
    }

    [Fact]
    public void The_first_area_has_a_frame_for_every_page_that_is_no_guard()
    {
        Assert.Matches(@"BOOT_AREA_SIZE\s+\(11 \* 4096\)", Source("arch", "x86_64", "layout.h"));
        Assert.Equal(11ul, ulong.PopCount(s_layout["AREA_PAGES"]));
        ulong belowStackEnd = s_layout["AREA_PAGES"] & ((1ul << (int)(s_layout["AREA_STACK_END"] / 4096)) - 1);
        Assert.Equal(7ul, ulong.PopCount(belowStackEnd));
        Assert.Matches(@"BOOT_AREA_STACK_END\s+\(7 \* 4096\)", Source("arch", "x86_64", "layout.h"));
    }

    [Theory]
    [InlineData("SELF")]
    [InlineData("CURRENT")]
    [InlineData("HAZARD")]
    [InlineData("SCRATCH")]
    [InlineData("STACK_TOP")]
    [InlineData("IDLE")]
    [InlineData("FRAME_END")]
    public void Assembly_finds_the_fields_of_a_cpu(string name) =>
        Assert.Equal(FieldOffsets("cpu", "Cpu.cs")[Pascal(name)], s_offsets["CPU_" + name]);

    [Theory]
    [InlineData("CONTINUATION")]
    [InlineData("HAZARD")]
    public void Assembly_finds_the_fields_of_a_context(string name) =>
        Assert.Equal(FieldOffsets("objects", "ExecutionContext.cs")[Pascal(name)], s_offsets["EC_" + name]);

    /// <summary>The registers of a context, those of an interrupted kernel, and what entry.S pushes, all in one order.</summary>
    [Theory]
    [InlineData("objects", "Registers.cs")]
    [InlineData("arch/x86_64", "TrapFrame.cs")]
    public void Assembly_finds_the_registers(string folder, string file)
    {
        ulong at = s_offsets["EC_RAX"];
        foreach (Match field in Regex.Matches(Source(folder, file), @"public ulong (\w+);"))
        {
            string name = field.Groups[1].Value.ToUpperInvariant();
            Assert.Equal(at, s_offsets["EC_" + (name == "ERRORCODE" ? "ERROR" : name)]);
            at += sizeof(ulong);
        }

        Assert.Equal(s_offsets["EC_FRAME_END"], at);
    }

    [Fact]
    public void The_trampolines_fields_come_in_the_order_of_the_struct()
    {
        const string Label = @"^trampoline_(claim|entry|cr3|efer|cr0):\s+\.(quad|long)";
        string[] assembly = [.. Regex.Matches(Source("arch", "x86_64", "trampoline.S"), Label, RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value + " " + match.Groups[2].Value)];
        Assert.Equal(["claim quad", "entry quad", "cr3 quad", "efer long", "cr0 long"], assembly);
        string code = Source("arch", "x86_64", "Smp.cs");
        code = code[code.IndexOf("private struct TrampolineFields", StringComparison.Ordinal)..];
        string[] fields = [.. Regex.Matches(code, @"public (ulong|uint) (\w+);")
            .Select(match => match.Groups[2].Value + " " + match.Groups[1].Value)];
        Assert.Equal(["Claim ulong", "Entry ulong", "Tables ulong", "Efer uint", "Cr0 uint"], fields);
    }
}
