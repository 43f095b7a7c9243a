using System.Linq;
using Iced.Intel;
using Kilonova.Gates;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Kilonova.Build.Tests;

public class VectorGateTests
{
    [Fact]
    public void Sse_in_the_kernel_is_found_by_function_and_address()
    {
        var code = new ElfBuilder()
            .Function("clean", a => a.ret())
            .Function("copies", a =>
            {
                a.nop();
                a.movups(xmm0, __[rdi]);
                a.ret();
            })
            .Code();

        var violation = Assert.Single(VectorGate.CheckKernel(code));

        Assert.Equal("vector", violation.Gate);
        Assert.Contains("copies at 0x400002: movups", violation.Message);
    }

    [Theory]
    [InlineData("avx")]
    [InlineData("mmx")]
    [InlineData("x87")]
    [InlineData("mxcsr")]
    [InlineData("xsave")]
    [InlineData("fxsave")]
    [InlineData("vzeroupper")]
    public void Every_kind_of_vector_state_counts(string kind)
    {
        var code = new ElfBuilder().Function("touches", a =>
        {
            switch (kind)
            {
                case "avx": a.vpxor(ymm1, ymm1, ymm1); break;
                case "mmx": a.movq(mm0, rax); break;
                case "x87": a.fninit(); break;
                case "mxcsr": a.ldmxcsr(__dword_ptr[rsp]); break;
                case "xsave": a.xsaveopt(__[rdi]); break;
                case "fxsave": a.fxsave(__[rdi]); break;
                default: a.vzeroupper(); break;
            }
            a.ret();
        }).Code();

        Assert.Single(VectorGate.CheckKernel(code));
    }

    [Fact]
    public void Stubs_named_fpu_may_touch_vector_state() =>
        Assert.Empty(VectorGate.CheckKernel(new ElfBuilder().Function("fpu_save", a =>
        {
            a.xsave(__[rdi]);
            a.movups(xmm0, __[rdi]);
            a.ret();
        }).Code()));

    [Fact]
    public void A_method_exported_under_a_stubs_name_is_no_stub()
    {
        var image = new ElfBuilder().Function("kernel_Kilonova_Kernel_Copier__Copy", a =>
        {
            a.movups(xmm0, __[rdi]);
            a.ret();
        });
        var exported = image.Code().Functions.Single() with { Symbols = ["fpu_copy", "kernel_Kilonova_Kernel_Copier__Copy"], Name = "Kilonova.Kernel.Copier.Copy" };

        Assert.Single(VectorGate.CheckKernel([exported]));
    }

    [Fact]
    public void General_instructions_of_vector_extensions_are_clean() =>
        Assert.Empty(VectorGate.CheckKernel(new ElfBuilder().Function("fences", a =>
        {
            a.mfence();
            a.lfence();
            a.sfence();
            a.pause();
            a.popcnt(rax, rdi);
            a.xsetbv();
            a.clflush(__byte_ptr[rdi]);
            a.rep.movsq();
            a.ret();
        }).Code()));

    [Fact]
    public void A_component_may_use_vectors_outside_its_hot_paths()
    {
        var code = new ElfBuilder()
            .Function("Driver_Ring__Push", Copy)
            .Function("Driver_Manifest__Read", Copy)
            .Code();

        var violation = Assert.Single(VectorGate.CheckHotPaths(code, [new SymbolPattern("Driver_Ring__*")]));

        Assert.Contains("Driver_Ring__Push at 0x400000", violation.Message);
        Assert.Contains("hot path", violation.Message);
    }

    [Fact]
    public void Hot_paths_can_be_named_in_csharp()
    {
        var image = new ElfBuilder().Function("a_b_C__D", Copy).Build();
        var code = new ImageCode(image, new[] { ElfBuilder.TextAddress }.ToDictionary(address => address, _ => "B.C.D"));

        Assert.Contains("B.C.D at", Assert.Single(VectorGate.CheckHotPaths(code, [new SymbolPattern("B.C.*")])).Message);
    }

    [Fact]
    public void Code_for_other_cpu_modes_is_decoded_as_such()
    {
        // The byte 40 is inc eax in 32-bit code and a prefix in 64-bit code.
        var code = new ElfBuilder().Function("boot32_start", a => a.db(0x40, 0x0F, 0xA2, 0xC3)).Code();

        var mnemonics = code.Functions.Single().Instructions().Select(instruction => instruction.Mnemonic);

        Assert.Equal([Mnemonic.Inc, Mnemonic.Cpuid, Mnemonic.Ret], mnemonics);
    }

    private static void Copy(Assembler a)
    {
        a.movups(xmm0, __[rsi]);
        a.ret();
    }
}
