using System;
using System.Globalization;
using System.Linq;
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
        world.Do("top", "console: ", "shell: ", "admission: ");
        world.Do("time", "shell: turns on CPU 0, used ", $"CPU {cpus - 1}: 50 of 1000 reserved");
        world.Do("nonsense", "nonsense: no such command");
        world.Do("kill nobody", "kill nobody: no such component");
        world.IsSound();
    }

    [Fact]
    public void Top_shows_calls_and_records_per_second_of_a_client_and_of_its_server()
    {
        using World world = World.Of(
            "rates",
            ManifestLines.ConsoleOnSerial + ManifestLines.Shell
            + "  - name: timer\n    image: components/timer.elf\n    memory: 4M\n    heap: 3M\n    priority: driver\n    offers: [timer]\n"
            + "  - name: ticker\n    image: tests/visitor.elf\n    arguments: tick=10\n    memory: 512K\n    priority: driver\n    uses: [timer]\n"
            + "  - name: echo\n    image: tests/visitor.elf\n    arguments: serve=echo\n    priority: driver\n    offers: [echo]\n"
            + "  - name: caller\n    image: tests/visitor.elf\n    arguments: rate=echo\n    priority: driver\n    uses: [echo]\n");

        world.Expect("Welcome to Kilonova");
        Thread.Sleep(TimeSpan.FromSeconds(2));
        world.Do("top", "component: CPU");
        (_, _, ulong came) = Rates(world.Expect("timer: "));
        (_, _, ulong set) = Rates(world.Expect("ticker: "));
        Assert.InRange(set, 1ul, 110ul);
        Assert.InRange(came, set / 2, 2 * set);
        (_, ulong answers, _) = Rates(world.Expect("echo: "));
        (ulong calls, _, _) = Rates(world.Expect("caller: "));
        Assert.InRange(answers, 1ul, ulong.MaxValue);
        Assert.InRange(calls, answers / 2, 2 * answers);
        world.IsSound();
    }

    // "name: 0.1 %, calls/answers/records, memory"
    private static (ulong Calls, ulong Answers, ulong Records) Rates(string line)
    {
        ulong[] rates = [.. line.Split(", ")[1].Split('/').Select(rate => ulong.Parse(rate, CultureInfo.InvariantCulture))];
        return (rates[0], rates[1], rates[2]);
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
    public void A_component_that_does_nothing_takes_at_most_128_KiB_with_what_the_kernel_needs_for_it()
    {
        using World world = World.Of("empty", Shell + "  - name: empty\n    image: tests/empty.elf\n    start: manual\n");

        world.Expect("Welcome to Kilonova");
        world.Do("start empty", "start empty: done");
        string[] words = world.Do("top", "empty: ").Split(' ');
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
