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
        const string Define = @"^(?:#define|\.set)\s+(\w+),?\s+(0x[0-9a-f]+|\d+)\s*$";
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

    /// <summary>The place of a name in an enumeration whose values count from 0.</summary>
    private static ulong EnumValue(string type, string name, params string[] path)
    {
        string body = Regex.Match(Source(path), $@"enum {type}[^{{]*{{([^}}]*)}}").Groups[1].Value;
        string[] names = [.. Regex.Matches(body, @"^\s+(\w+),", RegexOptions.Multiline).Select(match => match.Groups[1].Value)];
        return (ulong)Array.IndexOf(names, name);
    }

    private static ulong Flag(string name)
    {
        Match flag = Regex.Match(Source("objects", "ExecutionContext.cs"), $@"{name} = 1 << (\d)");
        return 1ul << int.Parse(flag.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private static string Pascal(string snake) =>
        string.Concat(snake.Split('_').Select(word => word[..1] + word[1..].ToLowerInvariant()));

    [Fact]
    public void Addresses_are_the_same_in_assembly_linker_script_and_code()
    {
        Assert.Equal(Constant("ImageBase", "arch", "x86_64", "Layout.cs"), s_layout["VIRTUAL_BASE"]);
        Assert.Equal(Constant("LoadAddress", "arch", "x86_64", "Layout.cs"), s_layout["LOAD_ADDRESS"]);
        Assert.Equal(Constant("AreaBase", "arch", "x86_64", "Cpu.Current.cs"), s_layout["AREA_BASE"]);
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
    [InlineData("NUMBER")]
    [InlineData("SERIAL")]
    [InlineData("FPU_USER")]
    [InlineData("IO_BITMAP")]
    [InlineData("MAPPED_IO_BITMAP")]
    [InlineData("IO_BITMAP_BASE")]
    [InlineData("SPACE")]
    [InlineData("STACK_TOP")]
    [InlineData("IDLE")]
    [InlineData("FRAME_END")]
    [InlineData("ARCH")]
    public void Assembly_finds_the_fields_of_a_cpu(string name) =>
        Assert.Equal(FieldOffsets("cpu", "Cpu.cs")[Pascal(name)], s_offsets["CPU_" + name]);

    [Theory]
    [InlineData("CONTINUATION")]
    [InlineData("HAZARD")]
    [InlineData("READINESS")]
    [InlineData("STATE")]
    [InlineData("FLAGS")]
    [InlineData("UTCB")]
    [InlineData("CALLEE")]
    [InlineData("CALLER")]
    [InlineData("DONOR")]
    [InlineData("OBJECTS")]
    [InlineData("HOST")]
    [InlineData("PORTS")]
    [InlineData("FPU_SELF")]
    [InlineData("EVENT_BASE")]
    [InlineData("DOMAIN")]
    [InlineData("VIRTUAL")]
    public void Assembly_finds_the_fields_of_a_context(string name) =>
        Assert.Equal(FieldOffsets("objects", "ExecutionContext.cs")[Pascal(name)], s_offsets["EC_" + name]);

    [Theory]
    [InlineData("ARCH_GDT", "Gdt", "arch/x86_64", "ArchCpu.cs")]
    [InlineData("VMX_STAR", "Star", "virtualization/vmx", "VmxCpu.cs")]
    [InlineData("VMX_KERNEL_GS_BASE", "KernelGsBase", "virtualization/vmx", "VmxCpu.cs")]
    [InlineData("VMX_LAUNCHED", "Launched", "virtualization/vmx", "VmxCpu.cs")]
    [InlineData("VMX_INITIALIZED", "Initialized", "virtualization/vmx", "VmxCpu.cs")]
    [InlineData("CPU_GUEST_READY", "Guests", "cpu", "Cpu.cs")]
    public void Assembly_finds_the_fields_for_guests(string name, string field, string folder, string file) =>
        Assert.Equal(FieldOffsets(folder, file)[field], s_offsets[name]);

    [Theory]
    [InlineData("OBJECTS_DIRECTORY", @"DirectoriesOffset = 0x(\w+)", "spaces", "ObjectSpace.cs")]
    [InlineData("HOST_ROOT", @"0x(\w+)\)\] private ulong _rootRegister", "spaces", "HostSpace.cs")]
    [InlineData("HOST_STAMP", @"0x(\w+)\)\] public ulong Stamp", "spaces", "HostSpace.cs")]
    [InlineData("HOST_SLOT", @"0x(\w+)\)\] private ulong _shortSlot", "spaces", "HostSpace.cs")]
    [InlineData("PORTS_IN_FORCE", @"0x(\w+)\)\] public ulong\* InForce", "spaces", "PioSpace.cs")]
    public void Assembly_finds_the_fields_of_spaces(string name, string pattern, string folder, string file) =>
        Assert.Equal(Number("0x" + Regex.Match(Source(folder, file), pattern).Groups[1].Value), s_offsets[name]);

    /// <summary>A portal is a sequence of words behind the head.</summary>
    [Theory]
    [InlineData("PORTAL_CONTEXT", "Context")]
    [InlineData("PORTAL_IP", "Ip")]
    [InlineData("PORTAL_ID", "Id")]
    [InlineData("PORTAL_MTD", "Mtd")]
    public void Assembly_finds_the_fields_of_a_portal(string name, string field)
    {
        string[] fields = [.. Regex.Matches(Source("objects", "Portal.cs"), @"^    public [\w*]+ (\w+);", RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value)];
        Assert.Equal("Head", fields[0]);
        Assert.Equal(0x40 + (sizeof(ulong) * (ulong)(Array.IndexOf(fields, field) - 1)), s_offsets[name]);
    }

    [Fact]
    public void Assembly_knows_the_values_that_it_compares()
    {
        Assert.Equal(EnumValue("ObjectType", "Portal", "objects", "KernelObject.cs"), s_offsets["OBJECT_PORTAL"]);
        Assert.Equal(EnumValue("EcState", "Waiting", "objects", "ExecutionContext.cs"), s_offsets["STATE_WAITING"]);
        Assert.Equal(s_offsets["EC_STATE"] + 1, FieldOffsets("objects", "ExecutionContext.cs")["Depth"]);
        Assert.Equal(Flag("InEvent"), s_offsets["EC_FLAGS_IN_EVENT"]);
        Assert.Equal(Flag("Guest"), s_offsets["EC_FLAGS_GUEST"]);
        Assert.Equal(Flag("InEvent") | Flag("Window"), s_offsets["EC_FLAGS_UNUSUAL"]);
        Assert.Equal(1ul << (int)Constant("TableBits", "spaces", "ObjectSpace.cs"), s_offsets["OBJECTS_NEAR_TABLES"]);
        Assert.Equal(8ul, Constant("SlotBits", "spaces", "ObjectSpace.cs"));
        ulong bitmap = Constant("BitmapOffset", "arch", "x86_64", "Descriptors.cs");
        Assert.Equal(bitmap - Constant("TaskOffset", "arch", "x86_64", "Descriptors.cs"), s_offsets["IO_BITMAP_BASE"]);
        Assert.Equal(Constant("NoBitmap", "arch", "x86_64", "IoPermissions.cs"), s_offsets["IO_NO_BITMAP"]);
    }

    /// <summary>The registers of a context or of an interrupted kernel, and what entry.S pushes, in one order.</summary>
    [Fact]
    public void Assembly_finds_the_registers()
    {
        ulong at = s_offsets["EC_rax"];
        foreach (Match field in Regex.Matches(Source("objects", "Registers.cs"), @"public ulong (\w+);"))
        {
            string name = field.Groups[1].Value.Replace("ErrorCode", "Error", StringComparison.Ordinal).ToUpperInvariant();
            Assert.Equal(at, s_offsets.GetValueOrDefault("EC_" + name.ToLowerInvariant(), s_offsets.GetValueOrDefault("EC_" + name)));
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
