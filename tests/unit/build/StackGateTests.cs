using Iced.Intel;
using Kilonova.Gates;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Kilonova.Build.Tests;

public class StackGateTests
{
    private static readonly GateSettings s_settings = new() { KernelFrameLimit = 128, KernelStackLimit = 300 };

    [Fact]
    public void A_frame_over_the_limit_is_found_with_its_size()
    {
        var result = StackGate.Check(new ElfBuilder().Function("big", a => Frame(a, 200)).Code(), s_settings);

        Assert.Contains(result.Violations, violation => violation.Message == "big at 0x400000 takes 208 bytes of stack, limit 128");
        Assert.Equal(208, result.LargestFrame);
    }

    [Fact]
    public void Pushes_and_reservation_add_up_and_epilogues_do_not_count_twice()
    {
        var result = StackGate.Check(
            new ElfBuilder().Function("two_exits", a =>
            {
                var elsewhere = a.CreateLabel();
                a.push(rbx);
                a.push(r12);
                a.sub(rsp, 40);
                a.test(rdi, rdi);
                a.je(elsewhere);
                a.add(rsp, 40);
                a.pop(r12);
                a.pop(rbx);
                a.ret();
                a.Label(ref elsewhere);
                a.lea(rsp, __[rsp + 40]);
                a.pop(r12);
                a.pop(rbx);
                a.ret();
            }).Code(),
            s_settings);

        Assert.Empty(result.Violations);
        Assert.Equal(56, result.LargestFrame);
    }

    [Fact]
    public void The_deepest_chain_of_calls_is_measured_and_named()
    {
        var builder = new ElfBuilder();
        builder
            .Function("top", a => Call(a, 100, builder.LabelOf("middle")))
            .Function("middle", a => Call(a, 100, builder.LabelOf("leaf")))
            .Function("leaf", a => Frame(a, 100));

        var result = StackGate.Check(builder.Code(), s_settings);

        var violation = Assert.Single(result.Violations);
        Assert.Equal("340 bytes of stack, limit 300: top -> middle -> leaf", violation.Message);
    }

    [Fact]
    public void A_tail_jump_does_not_stack_its_frame()
    {
        var builder = new ElfBuilder();
        builder
            .Function("top", a =>
            {
                a.sub(rsp, 100);
                a.add(rsp, 100);
                a.jmp(builder.LabelOf("next"));
            })
            .Function("next", a => Frame(a, 40));

        Assert.Equal(100, StackGate.Check(builder.Code(), s_settings).Deepest);
    }

    [Fact]
    public void Recursion_is_named_in_full()
    {
        var builder = Recursive();

        var violation = Assert.Single(StackGate.Check(builder.Code(), s_settings).Violations);

        Assert.Equal("recursion: walk -> visit -> walk", violation.Message);
    }

    [Fact]
    public void Recursion_that_the_settings_allow_passes() =>
        Assert.Empty(StackGate.Check(Recursive().Code(), s_settings with { KernelRecursion = ["vis*"] }).Violations);

    [Fact]
    public void A_loop_of_tail_jumps_is_no_recursion()
    {
        var builder = new ElfBuilder();
        builder
            .Function("ping", a => a.jmp(builder.LabelOf("pong")))
            .Function("pong", a => a.jmp(builder.LabelOf("ping")));

        Assert.Empty(StackGate.Check(builder.Code(), s_settings).Violations);
    }

    [Fact]
    public void A_frame_of_unknown_size_is_found()
    {
        var code = new ElfBuilder().Function("allocates", a =>
        {
            a.sub(rsp, rdi);
            a.ret();
        }).Code();

        Assert.Contains("only at run time", Assert.Single(StackGate.Check(code, s_settings).Violations).Message);
    }

    private static ElfBuilder Recursive()
    {
        var builder = new ElfBuilder();
        return builder
            .Function("walk", a => Call(a, 8, builder.LabelOf("visit")))
            .Function("visit", a => Call(a, 8, builder.LabelOf("walk")));
    }

    private static void Frame(Assembler a, int size)
    {
        a.push(rbp);
        a.sub(rsp, size);
        a.add(rsp, size);
        a.pop(rbp);
        a.ret();
    }

    private static void Call(Assembler a, int size, Label callee)
    {
        a.push(rbp);
        a.sub(rsp, size);
        a.call(callee);
        a.add(rsp, size);
        a.pop(rbp);
        a.ret();
    }
}
