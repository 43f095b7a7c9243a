using System;
using System.IO;
using System.Linq;
using Kilonova.Gates;
using Xunit;

namespace Kilonova.Build.Tests;

public sealed class LinesGateTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("kilonova-lines-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_kernel_over_its_lines_is_found()
    {
        Write("kernel/ipc/Call.cs", "class A\n{\n\n    // No code.\n    int F() => 1;\n}\n");
        Write("kernel/arch/entry.S", "/* Two lines\n   of comment. */\n\nentry:\n    ret // back\n");

        var (violations, lines) = LinesGate.Check(_root, new GateSettings { KernelLineLimit = 3, KernelAssemblyLineLimit = 1 });

        Assert.Equal(new KernelLines(4, 2), lines);
        Assert.Equal(
            ["the kernel has 4 lines of C#, limit 3", "the kernel has 2 lines of assembly, limit 1"], violations.Select(violation => violation.Message));
    }

    [Fact]
    public void A_kernel_within_its_lines_passes_and_folders_with_a_budget_of_their_own_do_not_count()
    {
        Write("kernel/ipc/Call.cs", "class A;\n");
        Write("kernel/iommu/Unit.cs", "class B;\n");
        Write("kernel/iommu/unit.S", "ret\n");
        Write("lib/formats/Reader.cs", "class C;\n");

        var (violations, lines) = LinesGate.Check(
            _root, new GateSettings { KernelLineLimit = 1, KernelAssemblyLineLimit = 0, KernelLinesElsewhere = ["kernel/iommu"] });

        Assert.Empty(violations);
        Assert.Equal(new KernelLines(1, 0), lines);
    }

    [Fact]
    public void Macros_in_headers_of_assembly_count_and_constants_there_do_not()
    {
        Write("kernel/arch/registers.h", "/* Shared. */\n#define ONE 1\n.set two, 2\n.macro BACK\n    ret\n.endm\n");

        Assert.Equal(new KernelLines(0, 3), LinesGate.Check(_root, new GateSettings()).Lines);
    }

    [Theory]
    [InlineData("ret", 1)]
    [InlineData("", 0)]
    [InlineData("// a comment", 0)]
    [InlineData("/* a comment */", 0)]
    [InlineData("/* a comment */ ret", 1)]
    [InlineData("ret /* begins\nhere\nand ends */", 1)]
    [InlineData("/* one */ /* two */ ret", 1)]
    public void A_line_of_assembly_counts_if_it_has_code(string source, int expected) =>
        Assert.Equal(expected, LinesGate.CountAssembly(source.Split('\n')));

    private void Write(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
