using System;
using System.Text;
using Kilonova.Contracts;
using Kilonova.Manifest;
using Xunit;

namespace Kilonova.Sigma0.Tests;

public sealed class GuestDefinitionTests
{
    // 64 MiB.
    private static readonly GuestLine s_line = new("vmlinuz"u8.ToArray(), "initramfs"u8.ToArray(), "quiet"u8.ToArray(), 16384, 2);

    private readonly GuestDefinition _guest = new("vmm-linux.elf"u8.ToArray(), s_line);

    [Fact]
    public void It_is_what_the_line_says_until_somebody_says_otherwise() =>
        Assert.Equal("vmm-linux.elf linux vmlinuz initramfs 16384 2 quiet", Told());

    [Fact]
    public void What_is_named_changes_and_nothing_else()
    {
        Assert.Equal(ContractStatus.Ok, Change("monitor=micro vcpus=4"));
        Assert.Equal("vmm-micro.elf micro vmlinuz initramfs 16384 4 quiet", Told());
        Assert.Equal(ContractStatus.Ok, Change("kernel=other initrd= memory=32 command-line=console=hvc0  a=b memory=7"));
        Assert.Equal("vmm-micro.elf micro other  8192 4 console=hvc0  a=b memory=7", Told());
        Assert.Equal(ContractStatus.Ok, Change("initrd=initramfs memory=64M"));
        Assert.Equal("vmm-micro.elf micro other initramfs 16384 4 console=hvc0  a=b memory=7", Told());
        Assert.Equal(ContractStatus.Ok, Change("command-line="));
        Assert.Equal("vmm-micro.elf micro other initramfs 16384 4 ", Told());
        Assert.Equal(16384ul + GuestLine.TailPages, _guest.AllPages);
    }

    [Theory]
    [InlineData("", ContractStatus.InvalidArgument)]
    [InlineData("   ", ContractStatus.InvalidArgument)]
    [InlineData("vcpus=1 colour=red", ContractStatus.InvalidArgument)]
    [InlineData("vcpus=0", ContractStatus.InvalidArgument)]
    [InlineData("vcpus=65", ContractStatus.InvalidArgument)]
    [InlineData("vcpus=", ContractStatus.InvalidArgument)]
    [InlineData("vcpus=18446744073709551616", ContractStatus.InvalidArgument)]
    [InlineData("memory=0", ContractStatus.InvalidArgument)]
    [InlineData("memory=3", ContractStatus.InvalidArgument)]
    [InlineData("memory=M", ContractStatus.InvalidArgument)]
    [InlineData("memory=-2", ContractStatus.InvalidArgument)]
    [InlineData("memory=66", ContractStatus.Exhausted)]
    [InlineData("memory=4294967294", ContractStatus.Exhausted)]
    [InlineData("memory=72057594037927938", ContractStatus.InvalidArgument)]
    [InlineData("monitor=", ContractStatus.InvalidArgument)]
    [InlineData("monitor=shell", ContractStatus.NotFound)]
    [InlineData("kernel=", ContractStatus.InvalidArgument)]
    [InlineData("kernel=absent", ContractStatus.NotFound)]
    [InlineData("memory=32 initrd=absent", ContractStatus.NotFound)]
    public void What_makes_no_sense_or_is_not_granted_changes_nothing(string text, ContractStatus status)
    {
        Assert.Equal(status, Change(text));
        Assert.Equal("vmm-linux.elf linux vmlinuz initramfs 16384 2 quiet", Told());
    }

    [Fact]
    public void Names_that_are_too_long_are_refused()
    {
        Assert.Equal(ContractStatus.InvalidArgument, Change("monitor=" + new string('m', 64)));
        Assert.Equal(ContractStatus.InvalidArgument, Change("kernel=" + new string('k', 65)));
        Assert.Equal(ContractStatus.InvalidArgument, Change("initrd=" + new string('i', 65)));
        Assert.Equal("vmm-linux.elf linux vmlinuz initramfs 16384 2 quiet", Told());
    }

    [Fact]
    public void A_long_command_line_of_the_manifest_is_kept_whole()
    {
        byte[] line = Encoding.ASCII.GetBytes(new string('a', 1500));
        GuestDefinition guest = new("mine.elf"u8.ToArray(), s_line with { CommandLine = line });

        Assert.True(guest.CommandLine.SequenceEqual(line));
        Assert.True(guest.Monitor.SequenceEqual("mine.elf"u8));
    }

    private ContractStatus Change(string text) => _guest.Change(Encoding.ASCII.GetBytes(text), default(Files));

    private string Told() =>
        $"{Text(_guest.Image)} {Text(_guest.Monitor)} {Text(_guest.Kernel)} {Text(_guest.Disk)} "
        + $"{_guest.MemoryPages} {_guest.VirtualCpus} {Text(_guest.CommandLine)}";

    private static string Text(ReadOnlySpan<byte> text) => Encoding.ASCII.GetString(text);

    private readonly struct Files : IGuestFiles
    {
        public bool IsMonitor(ReadOnlySpan<byte> image) => image.SequenceEqual("vmm-linux.elf"u8) || image.SequenceEqual("vmm-micro.elf"u8);

        public bool Exists(ReadOnlySpan<byte> file) =>
            file.SequenceEqual("vmlinuz"u8) || file.SequenceEqual("other"u8) || file.SequenceEqual("initramfs"u8);
    }
}
