using System;
using System.IO;
using System.Linq;
using Kilonova.Gates;
using Xunit;

namespace Kilonova.Build.Tests;

public sealed class UnsafeGateTests : IDisposable
{
    private const string Safe = "class A\n{\n    int F() => 1;\n}\n";
    private const string Unsafe = "class A\n{\n    int F() => 1;\n\n    // A comment is no line of code.\n    unsafe int G(int* p)\n    {\n        return *p;\n    }\n}\n";

    private readonly string _root = Directory.CreateTempSubdirectory("kilonova-gates-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Unsafe_code_outside_its_rooms_is_found_by_file_and_line()
    {
        Write("userland/vmm/Model.cs", Unsafe);

        var (violations, _) = UnsafeGate.Check(_root, new GateSettings { UnsafeRooms = ["kernel"] });

        Assert.Equal("userland/vmm/Model.cs:6 has unsafe code outside its layers", Assert.Single(violations).Message);
    }

    [Fact]
    public void Unsafe_code_in_its_rooms_is_counted_by_line()
    {
        Write("kernel/ipc/Call.cs", Unsafe);
        Write("kernel/Start.cs", Safe);
        Write("lib/formats/Reader.cs", Safe);

        var (violations, shares) = UnsafeGate.Check(_root, new GateSettings { UnsafeRooms = ["kernel"] });

        Assert.Empty(violations);
        Assert.Equal([new UnsafeShare("kernel", 12, 4), new UnsafeShare("lib/formats", 4, 0)], shares);
    }

    [Fact]
    public void A_room_is_a_folder_not_a_prefix()
    {
        Write("lib/novatel/Modem.cs", Unsafe);

        Assert.Single(UnsafeGate.Check(_root, new GateSettings { UnsafeRooms = ["lib/nova"] }).Violations);
    }

    [Theory]
    [InlineData("unsafe class A { }")]
    [InlineData("unsafe struct A { }")]
    [InlineData("class A { void F() { unsafe { } } }")]
    [InlineData("class A { void F() { unsafe void G() { } } }")]
    [InlineData("class A { unsafe delegate void D(); }")]
    [InlineData("class A { int F() => Unsafe.As<int>(this); }")]
    [InlineData("using U = System.Runtime.CompilerServices.Unsafe;")]
    [InlineData("class A { void F() => System.Runtime.InteropServices.NativeMemory.Free(P); }")]
    [InlineData("class A { ref byte F() => ref MemoryMarshal.GetReference(S); }")]
    [InlineData("#if FREESTANDING\nunsafe class A { }\n#endif")]
    public void Every_form_of_unsafe_context_counts(string source) => Assert.NotEmpty(UnsafeGate.Count(source).UnsafeLines);

    [Fact]
    public void The_word_alone_does_not_count() =>
        Assert.Empty(UnsafeGate.Count("// unsafe\nclass A { string S = \"unsafe\"; void F() => MemoryMarshal.Cast<byte, uint>(B); }").UnsafeLines);

    [Fact]
    public void Settings_with_a_misspelled_name_are_refused()
    {
        var file = Path.Combine(_root, "gates.json");
        File.WriteAllText(file, "{ \"kernelFrameLimits\": 1 }");

        Assert.ThrowsAny<Exception>(() => GateSettings.Load(file));
    }

    private void Write(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
