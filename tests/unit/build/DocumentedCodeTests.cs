using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace Kilonova.Build.Tests;

/// <summary>
/// Code that a page of the documentation shows as a file's is there: a block behind a line "code: PATH" in a comment is a piece of that file,
/// line by line, and so compiled and run as that is. Where it is indented less, all of it is.
/// </summary>
public class DocumentedCodeTests
{
    private const string Mark = "<!-- code: ";
    private const string Fence = "```";

    /// <summary>Every page that shows code of a file.</summary>
    public static TheoryData<string> Pages() => [.. Directory
        .EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
        .Where(page => File.ReadLines(page).Any(line => line.StartsWith(Mark, StringComparison.Ordinal)))
        .Select(page => Path.GetRelativePath(Repository.Root, page))];

    [Theory]
    [MemberData(nameof(Pages))]
    public void What_a_page_shows_of_a_file_is_in_the_file(string page)
    {
        foreach ((string file, string[] shown) in Blocks(File.ReadAllLines(Path.Combine(Repository.Root, page))))
            Assert.True(Shows(shown, File.ReadAllLines(Path.Combine(Repository.Root, file))), $"{page}: not in {file}:\n{string.Join('\n', shown)}");
    }

    [Theory]
    [InlineData("b;\nc;", true)]
    [InlineData("  b;\n  c;", true)]
    [InlineData("b;\n  c;", false)]
    [InlineData("b;\nd;", false)]
    [InlineData("c;\n\nd;", true)]
    public void A_block_is_a_piece_of_the_file_with_one_indentation(string block, bool isShown) =>
        Assert.Equal(isShown, Shows(block.Split('\n'), ["a;", "  b;", "  c;", "", "  d;"]));

    [Fact]
    public void Blocks_begin_behind_their_mark()
    {
        var blocks = Blocks(["text", "```", "not this", "```", "<!-- code: a/b.cs -->", "```csharp", "this", "```"]).ToList();

        Assert.Equal(("a/b.cs", "this"), (blocks.Single().File, blocks.Single().Lines.Single()));
    }

    private static IEnumerable<(string File, string[] Lines)> Blocks(string[] page)
    {
        for (int i = 0; i < page.Length; i++)
        {
            if (!page[i].StartsWith(Mark, StringComparison.Ordinal))
                continue;

            string file = page[i][Mark.Length..page[i].IndexOf(" -->", StringComparison.Ordinal)];
            Assert.True(i + 1 < page.Length && page[i + 1].StartsWith(Fence, StringComparison.Ordinal), $"no block behind '{page[i]}'");
            int end = Array.FindIndex(page, i + 2, line => line.StartsWith(Fence, StringComparison.Ordinal));
            yield return (file, page[(i + 2)..end]);
        }
    }

    private static bool Shows(string[] block, string[] file)
    {
        for (int at = 0; at + block.Length <= file.Length; at++)
        {
            int first = file[at].IndexOf(block[0], StringComparison.Ordinal);
            string indentation = first >= 0 ? file[at][..first] : "";
            if (first >= 0 && string.IsNullOrWhiteSpace(indentation) && IsAt(block, file, at, indentation))
                return true;
        }

        return false;
    }

    private static bool IsAt(string[] block, string[] file, int at, string indentation)
    {
        for (int i = 0; i < block.Length; i++)
        {
            if (file[at + i] != (block[i].Length == 0 ? "" : indentation + block[i]))
                return false;
        }

        return true;
    }
}
