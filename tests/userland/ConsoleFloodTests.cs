using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>The console while somebody does not let it rest.</summary>
public class ConsoleFloodTests
{
    private const string Components = """
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
          - name: flooder
            image: tests/visitor.elf
            start: manual

        """;

    [Theory]
    [InlineData("console")]
    [InlineData("log")]
    public void A_component_that_floods_it_keeps_nobody_from_it(string where)
    {
        string flooder = $"    arguments: flood={where}\n    priority: service\n" + (where == "console" ? "    uses: [console]\n" : "");
        using World world = World.Of($"flood-{where}", Components.TrimEnd() + "\n" + flooder);

        world.Expect("Welcome to Kilonova");
        world.Do("start flooder", "start flooder: done");
        for (int i = 0; i < 3; i++)
            world.Do("list", "shell: running, life 1, 0 crashes", "flooder: running");

        // The flooder's view is there when its session is: a key that comes earlier is lost.
        Assert.True(SpinWait.SpinUntil(() => IsShown(world, where == "log" ? "log" : "flooder", where == "log" ? '0' : '2'), world.Patience));
        world.Expect("all work and no play", "all work and no play");
        if (where == "log")
            world.Expect("lines were overwritten");

        // What is shown of the flood comes in between, the answer all the same.
        Stopwatch watch = Stopwatch.StartNew();
        world.Press("\u00141");
        world.Expect("--- shell ---");
        world.Do("stop flooder", "stop flooder: done");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        world.IsSound();
    }

    private static bool IsShown(World world, string view, char key)
    {
        world.Press("\u0014" + key);
        Thread.Sleep(200);
        return world.Lines.Any(line => line.Contains($"--- {view} ---", StringComparison.Ordinal));
    }
}
