using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace Kilonova.Build.Tests;

/// <summary>docs/writing-a-component.md shows files of the tree as they are, so whoever follows it types what is compiled and tested.</summary>
public partial class TutorialTests
{
    private static readonly string s_page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "writing-a-component.md"));

    private static IEnumerable<(string File, string Text)> Listings =>
        Listing().Matches(s_page).Select(match => (match.Groups[1].Value, match.Groups[2].Value));

    [Fact]
    public void Every_listing_of_the_tutorial_is_the_file_that_is_compiled() =>
        Assert.All(Listings, listing => Assert.Equal(File.ReadAllText(Path.Combine(Repository.Root, listing.File)), listing.Text));

    [Fact]
    public void The_tutorial_leaves_out_no_file_of_its_components()
    {
        string[] folders = ["userland/tally", "userland/voter", "tests/unit/tally"];
        var files = folders.SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Repository.Root, file)).Append("images/tally.yaml").Append("lib/contracts/protocols/ITally.cs");
        Assert.Equal(files.Order(), Listings.Select(listing => listing.File).Order());
    }

    [GeneratedRegex(@"<!-- file: (\S+) -->\n```\w+\n(.*?)```\n", RegexOptions.Singleline)]
    private static partial Regex Listing();
}
