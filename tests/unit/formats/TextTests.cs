using System;
using System.Collections.Generic;
using System.Text;
using Kilonova.Formats.Acpi;
using Kilonova.Formats.Elf;
using Kilonova.Formats.Multiboot;
using Xunit;

namespace Kilonova.Formats.Tests;

/// <summary>Messages and command lines.</summary>
public class TextTests
{
    [Fact]
    public void Every_status_has_a_message_of_its_own()
    {
        AllDiffer<AcpiStatus>(status => Encoding.UTF8.GetString(AcpiStatusText.Describe(status)));
        AllDiffer<ElfStatus>(status => Encoding.UTF8.GetString(ElfStatusText.Describe(status)));
        AllDiffer<MultibootStatus>(status => Encoding.UTF8.GetString(MultibootStatusText.Describe(status)));
    }

    [Fact]
    public void Words_are_separated_by_any_blanks()
    {
        byte[] line = Encoding.UTF8.GetBytes("  kernel\tserial \r\n cpus=4 ");
        List<string> words = [];
        uint cursor = 0;
        for (ReadOnlySpan<byte> word = CommandLine.Next(line, ref cursor); !word.IsEmpty; word = CommandLine.Next(line, ref cursor))
            words.Add(Encoding.UTF8.GetString(word));

        Assert.Equal(["kernel", "serial", "cpus=4"], words);
    }

    [Theory]
    [InlineData("kernel serial", "serial", true, "")]
    [InlineData("kernel cpus=4 cpus=8", "cpus", true, "4")]
    [InlineData("kernel cpus=", "cpus", true, "")]
    [InlineData("kernel cpus4", "cpus", false, "")]
    [InlineData("kernel cpu", "cpus", false, "")]
    [InlineData("", "cpus", false, "")]
    [InlineData("root=a=b", "root", true, "a=b")]
    public void A_word_is_found_with_its_value(string line, string name, bool present, string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line);

        Assert.Equal(present, CommandLine.Has(bytes, Encoding.UTF8.GetBytes(name)));
        Assert.Equal(value, Encoding.UTF8.GetString(CommandLine.Value(bytes, Encoding.UTF8.GetBytes(name))));
    }

    private static void AllDiffer<TStatus>(Func<TStatus, string> describe)
        where TStatus : struct, Enum
    {
        HashSet<string> messages = [describe((TStatus)Enum.ToObject(typeof(TStatus), 255))];
        foreach (TStatus status in Enum.GetValues<TStatus>())
            Assert.True(messages.Add(describe(status)), $"{status} has no message of its own");
    }
}
