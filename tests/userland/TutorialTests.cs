using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Kilonova.Boot;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>docs/writing-a-component.md: the scenario boots, and what the page types leads to what the page shows.</summary>
public class TutorialTests
{
    private const string Prompt = "> ";

    [Fact]
    public void What_the_tutorial_types_leads_to_what_it_shows()
    {
        List<string[]> typed = [.. Typed()];
        Assert.True(typed.Count > 5);
        using World world = World.OfScenario("tally");

        world.Expect("Welcome to Kilonova");
        foreach (string[] step in typed)
        {
            // As long as somebody takes to type; the voter votes each second.
            Thread.Sleep(TimeSpan.FromSeconds(1.5));
            world.Do(step[0], step[1..]);
        }

        world.IsSound();
    }

    // Each command of the page's typed block with the lines below it.
    private static IEnumerable<string[]> Typed()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "writing-a-component.md"));
        string block = page.Split("<!-- typed -->\n```\n")[1].Split("```")[0];
        return block.Split(Prompt, StringSplitOptions.RemoveEmptyEntries).Select(step => step.TrimEnd('\n').Split('\n'));
    }
}
