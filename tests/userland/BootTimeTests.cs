using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Kilonova.Boot;
using Xunit;
using Xunit.Abstractions;

namespace Kilonova.Userland.Tests;

/// <summary>
/// The way from the kernel's entry to the shell's prompt, in instructions, which the emulator counts; docs/benchmarks.md has the figure of the
/// last commit that changed it by much, and says what changed it.
/// </summary>
public partial class BootTimeTests(ITestOutputHelper output)
{
    private const double Growth = 1.1;

    [Fact]
    public void From_the_kernels_first_line_to_the_prompt_takes_at_most_a_tenth_more_than_is_recorded()
    {
        using World world = World.CountingScenario("shell");

        world.Expect("Welcome to Kilonova");
        world.Do("counters shell", "microseconds at the first prompt: ");
        double prompt = double.Parse(world.Lines.Select(line => Prompt().Match(line)).First(match => match.Success).Groups[1].Value, CultureInfo.InvariantCulture);
        double start = world.Lines.Select(line => KernelLine().Match(line)).Where(match => match.Success)
            .Select(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).First(seconds => seconds > 0) * 1_000_000;
        output.WriteLine($"kernel at {start} us, prompt at {prompt} us: {(prompt - start) / 1000:0.0} million instructions");
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "benchmarks.md"));
        double recorded = double.Parse(Recorded().Match(page).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.InRange((prompt - start) / 1000, recorded / Growth, recorded * Growth);
    }

    [GeneratedRegex(@"microseconds at the first prompt: (\d+)")]
    private static partial Regex Prompt();

    [GeneratedRegex(@"^\[ *(\d+\.\d{6})")]
    private static partial Regex KernelLine();

    [GeneratedRegex(@"\| Kernel's first line to the shell's prompt \| ([\d.]+) \|")]
    private static partial Regex Recorded();
}
