using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;
using Xunit.Abstractions;

namespace Kilonova.Userland.Tests;

/// <summary>How long others wait for a service that somebody floods, in instructions, which the emulator counts.</summary>
public partial class LatencyTests(ITestOutputHelper output)
{
    private const string Services = """
          - name: console
            image: components/console.elf
            memory: 512K
            heap: 128K
            priority: driver
            ports: [0x3f8-0x3ff]
            interrupts: [4]
            offers: [console, views]
            uses: [log]
          - name: timer
            image: components/timer.elf
            arguments: clock=cmos
            memory: 4M
            heap: 3M
            priority: driver
            ports: [0x70-0x71]
            offers: [timer]
          - name: echo
            image: tests/visitor.elf
            arguments: serve=echo
            priority: driver
            offers: [echo]

        """;

    private const string Uses = "    uses: [control, console, views, admission, timer, clock: timer, echo]\n";
    private const int Flooders = 8;

    // To find the server busy, help the call before to its end and begin again.
    private const ulong Help = 400;

    // Which services one thread answers: a call waits for at most one other of these.
    private static readonly string[][] s_threads = [["parent", "control"], ["console", "views"], ["admission"], ["clock"], ["echo"], ["timer"]];

    [Fact]
    public void Who_floods_every_service_puts_at_most_one_call_before_each_of_anothers()
    {
        StringBuilder components = new(Services);
        components.Append("  - name: watcher\n    image: tests/visitor.elf\n    arguments: watch\n    memory: 512K\n    priority: realtime\n" + Uses);
        for (int i = 0; i < Flooders; i++)
        {
            components.Append(
                CultureInfo.InvariantCulture,
                $"  - name: flood-{i}\n    image: tests/visitor.elf\n    arguments: flood-service={i}\n    memory: 512K\n{Uses}");
        }

        using World world = World.Counting("latency", components.ToString());

        // The log is shown as it was, from its view's beginning on.
        world.Expect("all work and no play");
        world.Show("log");
        string[] lines = [.. Enumerable.Range(0, Flooders).Select(_ => world.Expect("watcher| latency of "))];
        foreach (string line in lines)
            output.WriteLine(line);

        Dictionary<string, (ulong Quiet, ulong Flooded)> latencies = lines.Select(line => Latencies().Match(line))
            .ToDictionary(match => match.Groups[1].Value, match => (Number(match, 2), Number(match, 3)));
        foreach (string[] thread in s_threads)
        {
            ulong longest = thread.Max(name => latencies[name].Quiet);
            Assert.All(thread, name => Assert.InRange(latencies[name].Flooded, 0ul, latencies[name].Quiet + longest + Help));
        }

        world.IsSound();
    }

    private static ulong Number(Match match, int group) => ulong.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"latency of (\w+): quiet (\d+), flooded (\d+) instructions")]
    private static partial Regex Latencies();
}
