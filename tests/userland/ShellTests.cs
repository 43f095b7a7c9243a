using System;
using System.Globalization;
using System.Threading;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>The shell on the console, as somebody at the serial line uses it.</summary>
public class ShellTests
{
    private const string Shell = """
          - name: console
            image: components/console.elf
            memory: 2M
            heap: 512K
            priority: driver
            restart: always
            ports: [0x3f8-0x3ff]
            interrupts: [4]
            offers: [console, views]
            uses: [log]
          - name: shell
            image: components/shell.elf
            priority: service
            restart: always
            uses: [console, control]
          - name: visitor
            image: tests/visitor.elf
            arguments: crash=divide
            priority: driver
            start: manual
          - name: guest
            image: tests/visitor.elf
            arguments: greet
            priority: driver
            start: manual

        """;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_shell_greets_and_lists_what_runs(int cpus)
    {
        using World world = World.OfScenario("shell", cpus);

        world.Expect("Welcome to Kilonova. Type help.");
        world.Do("list", "console: running, life 1, 0 crashes", "shell: running, life 1, 0 crashes");
        world.Do("top", "console: ", "shell: ");
        world.Do("nonsense", "nonsense: no such command");
        world.Do("kill nobody", "kill nobody: no such component");
        world.IsSound();
    }

    [Fact]
    public void A_killed_component_comes_back_and_its_clients_find_it()
    {
        using World world = World.OfScenario("shell", test: "-killed");

        world.Expect("Welcome to Kilonova");
        world.Press("kill console\r");
        world.Expect("sigma0| console was killed, starts again", "--- shell ---");
        Thread.Sleep(TimeSpan.FromSeconds(2));
        world.Do("list", "console: running, life 2, 0 crashes", "shell: running, life 1, 0 crashes");
        world.IsSound();
    }

    [Fact]
    public void Components_are_started_and_stopped_and_their_crashes_are_kept()
    {
        using World world = World.Of("control", Shell);

        world.Expect("Welcome to Kilonova");
        world.Do("crash visitor", "visitor has not crashed");
        world.Do("start visitor", "start visitor: done");
        world.Do("crash visitor", "#DE divide error on CPU 0: stopped in Kilonova.Visitor.Program.Divide", "Kilonova.Visitor.Program.Main+0x");
        world.Do("log visitor", "lines of visitor", "life 1 of visitor on CPU 0");
        world.Do("list", "visitor: stopped, life 1, 1 crashes");
        world.Do("start guest", "start guest: done");
        world.Do("start guest", "start guest: it runs already");
        world.Do("stop guest", "stop guest: done");
        world.Do("list", "guest: stopped, life 1, 0 crashes");
        world.IsSound();
    }

    [Fact]
    public void A_hundred_starts_and_stops_leave_as_much_memory_as_before()
    {
        using World world = World.Of("cycle", Shell);

        world.Expect("Welcome to Kilonova");
        world.Do("cycle guest 3", "cycled guest 3 times");
        string before = Settled(world);
        world.Do("cycle guest 100", "cycled guest 100 times");
        Assert.Equal(before, Settled(world));
        world.Do("list", "guest: stopped, life 103");
        world.Do("log guest", "of guest on CPU 0");
        world.IsSound();
    }

    [Fact]
    [Trait("Category", "Soak")]
    public void A_thousand_starts_and_stops_leave_as_much_memory_as_before()
    {
        using World world = World.Of("cycle-thousand", Shell);

        world.Expect("Welcome to Kilonova");
        world.Do("cycle guest 10", "cycled guest 10 times");
        string before = Settled(world);
        for (int round = 0; round < 10; round++)
            world.Do("cycle guest 100", "cycled guest 100 times");

        Assert.Equal(before, Settled(world));
        world.IsSound();
    }

    [Fact]
    [Trait("Category", "Soak")]
    public void A_component_that_does_nothing_takes_at_most_128_KiB_with_what_the_kernel_needs_for_it()
    {
        using World world = World.Of("empty", Shell);

        world.Expect("Welcome to Kilonova");
        world.Do("start guest", "start guest: done");
        string[] words = world.Do("top", "guest: ").Split(' ');
        int memory = int.Parse(words[Array.IndexOf(words, "memory") + 1], CultureInfo.InvariantCulture);
        int kernelMemory = int.Parse(words[Array.LastIndexOf(words, "memory") + 1], CultureInfo.InvariantCulture);
        Assert.InRange(memory + kernelMemory, 1, 128);
    }

    // The kernel frees lazily.
    private static string Settled(World world)
    {
        Thread.Sleep(TimeSpan.FromSeconds(1));
        return world.Do("memory", "pages of memory free");
    }
}
