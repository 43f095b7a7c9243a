using System;
using System.Collections.Generic;
using System.Text;
using Kilonova.Abi;
using Kilonova.Contracts;

namespace Kilonova.Management.Tests;

/// <summary>A system of two components and two views; what is done to it is written down.</summary>
internal readonly struct FakeSystem(List<string> done) : IManagedSystem
{
    internal static readonly ComponentDescription First = new(ComponentState.Running, 3, 2, 10, 64, 5, 32, 5_000_000_000, 70, 800, 9000);

    internal static readonly GuestDescription Alpha = new(GuestCondition.Running, 2, 128);

    internal static readonly GuestDescription Beta = new(GuestCondition.Paused, 1, 64);

    private static readonly byte[] s_view = Encoding.UTF8.GetBytes("what was written\n");

    public ulong Frequency => 1_000_000_000;

    public ulong Now => 42;

    public ContractStatus Describe(uint index, Span<byte> name, out int length, out ComponentDescription component)
    {
        length = 0;
        component = index == 0 ? First : default;
        return index > 1 ? ContractStatus.NotFound : Copy(index == 0 ? "first" : "second", name, out length);
    }

    public ContractStatus Start(ReadOnlySpan<byte> name) => Do("start", name);

    public ContractStatus Stop(ReadOnlySpan<byte> name) => Do("stop", name);

    public ContractStatus Kill(ReadOnlySpan<byte> name) => Do("kill", name);

    public ContractStatus ReadCrash(ReadOnlySpan<byte> name, uint offset, Span<byte> text, out int length)
    {
        length = 0;
        if (!name.SequenceEqual("first"u8))
            return ContractStatus.NotFound;

        string report = new('c', 3000);
        return Copy(offset < report.Length ? report[(int)offset..] : "", text, out length);
    }

    public ContractStatus ReadLog(ReadOnlySpan<byte> name, uint back, Span<byte> text, out int length, out ulong time, out LogLevel level)
    {
        length = 0;
        time = 100 - back;
        level = back == 0 ? LogLevel.Error : LogLevel.Information;
        return back > 2 ? ContractStatus.NotFound : Copy($"line {2 - back} of {Encoding.UTF8.GetString(name)}", text, out length);
    }

    public ContractStatus ReadCounter(ReadOnlySpan<byte> name, uint index, Span<byte> counter, out int length, out ulong value)
    {
        length = 0;
        value = index * 11;
        return index > 1 || !name.SequenceEqual("first"u8) ? ContractStatus.NotFound : Copy($"counter {index}", counter, out length);
    }

    public ContractStatus ReadFree(out ulong pages, out ulong kernelPages)
    {
        pages = 1000;
        kernelPages = 200;
        return ContractStatus.Ok;
    }

    public ContractStatus DescribeView(uint index, Span<byte> name, out int length, out ViewDescription view)
    {
        length = 0;
        view = new ViewDescription(index * 7, (ulong)s_view.Length, index == 1);
        return index > 1 ? ContractStatus.NotFound : Copy(index == 0 ? "log" : "shell", name, out length);
    }

    public ContractStatus ReadView(ulong view, ulong position, Span<byte> text, out int length, out ulong start)
    {
        start = Math.Min(position, (ulong)s_view.Length);
        ReadOnlySpan<byte> rest = s_view.AsSpan((int)start);
        rest.CopyTo(text);
        length = rest.Length;
        return ContractStatus.Ok;
    }

    public ContractStatus Type(ulong view, ReadOnlySpan<byte> keys) => view == 0 ? ContractStatus.Denied : Do($"type {view}", keys);

    public ContractStatus DescribeGuest(
        uint index, Span<byte> name, out int length, Span<byte> monitor, out int monitorLength, out GuestDescription guest)
    {
        length = monitorLength = 0;
        guest = index == 0 ? Alpha : Beta;
        if (index > 1)
            return ContractStatus.NotFound;

        _ = Copy(index == 0 ? "linux" : "micro", monitor, out monitorLength);
        return Copy(index == 0 ? "alpha" : "beta", name, out length);
    }

    public ContractStatus Order(ReadOnlySpan<byte> name, GuestOrder order) => Do($"{order}", name);

    public ContractStatus Define(ReadOnlySpan<byte> name, ReadOnlySpan<byte> definition) =>
        Do($"define {Encoding.UTF8.GetString(definition)}:", name);

    private static ContractStatus Copy(string text, Span<byte> target, out int length)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        length = Math.Min(bytes.Length, target.Length);
        bytes.AsSpan(0, length).CopyTo(target);
        return ContractStatus.Ok;
    }

    private ContractStatus Do(string what, ReadOnlySpan<byte> argument)
    {
        done.Add($"{what} {Encoding.UTF8.GetString(argument)}");
        return argument.SequenceEqual("nobody"u8) ? ContractStatus.NotFound : ContractStatus.Ok;
    }
}
