using System;
using System.Linq;
using System.Threading;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>Components under the root task alone: what their lines grant, how they end, who may use whom. The root task prints their logs.</summary>
public class ComponentTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_component_starts_on_the_first_of_its_cpus_with_its_arguments(int cpus)
    {
        using World world = World.Of($"start-{cpus}", Visitor("greeter", "greet", $"    cpus: [{cpus - 1}]\n"), cpus);

        world.Expect($"greeter| life 1 of greeter on CPU {cpus - 1}");
        world.IsSound();
    }

    [Fact]
    public void A_component_that_cannot_be_started_is_told_with_the_reason()
    {
        using World world = World.Of(
            "refused",
            Visitor("far", "greet", "    cpus: [63]\n") + Visitor("poor", "greet", "    memory: 24K\n    heap: 4K\n")
            + Visitor("strapped", "greet", "    kernel-memory: 4K\n") + Visitor("last", "greet"));

        world.Expect("last| life 1 of last");
        world.Expect(
            "cannot start far: none of its CPUs exists", "cannot start poor: its memory does not suffice", "cannot start strapped: ", "started last");
        world.IsSound();
    }

    [Theory]
    [InlineData("null", "#PF page fault on CPU 0: null reference in Kilonova.Visitor.Program.ReadNothing")]
    [InlineData("stack", "#PF page fault on CPU 0: stack overflow in Kilonova.Visitor.Program.Recurse")]
    [InlineData("divide", "#DE divide error on CPU 0: stopped in Kilonova.Visitor.Program.Divide")]
    [InlineData("throw", "#UD invalid opcode on CPU 0: stopped in")]
    public void A_crash_is_reported_with_the_names_of_functions_and_the_last_log_lines(string crash, string headline)
    {
        using World world = World.Of($"crash-{crash}", Visitor("crasher", $"crash={crash}"));

        world.Expect("crash: crasher, life 1", headline, "RIP ", "    at ");
        if (crash != "stack")
            world.Expect("Kilonova.Visitor.Program.Crash+0x", "Kilonova.Visitor.Program.Main+0x");

        world.Expect("last lines of its log:", "life 1 of crasher", "end of crash: crasher", "sigma0| crasher crashed");
        world.IsSound("unhandled System.InvalidOperationException: asked for");
    }

    [Fact]
    public void A_component_that_failed_is_started_again_and_one_that_is_done_is_not()
    {
        using World world = World.Of(
            "restart", Visitor("failing", "exit=1", "    restart: on-failure\n") + Visitor("done", "exit=0", "    restart: on-failure\n"));

        // What different components log is in no order; a later end of the failing one is reported in any case.
        world.Expect("failing| life 2 of failing", "failing| life 3 of failing", "sigma0| failing failed, starts again");
        Assert.True(SpinWait.SpinUntil(() => world.Lines.Any(line => line.Contains("done| life 1 of done", StringComparison.Ordinal)), world.Patience));
        Assert.DoesNotContain(world.Lines, line => line.Contains("life 2 of done", StringComparison.Ordinal));
        world.IsSound();
    }

    [Fact]
    public void Who_does_not_use_a_service_by_its_line_is_refused()
    {
        using World world = World.Of(
            "policy", Visitor("echo", "serve=echo", "    offers: [echo]\n") + Visitor("stranger", "open=echo") + Visitor("rogue", "serve=echo"));

        world.Expect("stranger| open echo: 16", "rogue| offer: contract status 16", "crash: rogue");
        world.Expect("sigma0| stranger may not use echo", "sigma0| rogue may not offer echo");
        world.IsSound("panic: a call failed");
    }

    [Fact]
    public void An_account_of_memory_cannot_be_overdrawn()
    {
        using World world = World.Of("overdraw", Visitor("greedy", "overdraw"));

        world.Expect("overdraw: 20", "one page: 0", "again: 20", "back: 0");
        world.IsSound();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_server_that_crashes_breaks_its_sessions_and_clients_open_them_again(int cpus)
    {
        using World world = World.Of(
            $"sessions-{cpus}",
            Visitor("echo", "serve=echo", "    cpus: all\n    restart: always\n    offers: [echo]\n")
            + Visitor("caller", "call=service", $"    cpus: [{cpus - 1}]\n    uses: [service: echo]\n"),
            cpus);

        world.Expect("caller| call 12: 24", "broke: 67", "caller| call 14: 28");
        world.IsSound("unhandled System.InvalidOperationException: unlucky");
    }

    private static string Visitor(string name, string arguments, string further = "") =>
        $"  - name: {name}\n    image: tests/visitor.elf\n    arguments: {arguments}\n{further}";
}
