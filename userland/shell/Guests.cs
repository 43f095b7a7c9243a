using System;
using Kilonova.Contracts;
using Kilonova.Sessions;

namespace Kilonova.Shell;

/// <summary>Guests, as the control service tells of them.</summary>
internal static class Guests
{
    internal static void List(ControlClient<PortalTransport> control)
    {
        Span<byte> name = stackalloc byte[Bounds.Longest];
        Span<byte> monitor = stackalloc byte[Bounds.Longest];
        var count = 0;
        for (var i = 0u; control.DescribeGuest(
            i, monitor, out var monitorLength, out var condition, out var cpus, out var memory) == ContractStatus.Ok; i++)
        {
            if (condition == GuestCondition.None
                || control.Describe(i, name, out var length, out _, out _, out _, out _, out _, out _) != ContractStatus.Ok)
                continue;

            View.WriteLine(
                $"{name.Slice(0, length)}: {Text(condition)}, monitor {monitor.Slice(0, monitorLength)}, {cpus} virtual CPUs, {memory} MiB");
            count++;
        }

        View.WriteLine($"{count} guests");
    }

    internal static bool TryFindOrder(ReadOnlySpan<byte> command, out GuestOrder order)
    {
        order = command.SequenceEqual("pause"u8) ? GuestOrder.Pause
            : command.SequenceEqual("resume"u8) ? GuestOrder.Resume
            : command.SequenceEqual("reset"u8) ? GuestOrder.Reset
            : command.SequenceEqual("press"u8) ? GuestOrder.PressButton
            : command.SequenceEqual("off"u8) ? GuestOrder.SwitchOff
            : 0;
        return order != 0;
    }

    internal static ReadOnlySpan<byte> Text(ContractStatus status) => status switch
    {
        ContractStatus.Ok => "done"u8,
        ContractStatus.NotFound => "no such guest or file, or its machine is off"u8,
        ContractStatus.Busy => "its machine is on"u8,
        ContractStatus.Exhausted => "its line does not grant so much memory"u8,
        ContractStatus.InvalidArgument => "that makes no sense; type help"u8,
        _ => "refused"u8,
    };

    private static ReadOnlySpan<byte> Text(GuestCondition condition) => condition switch
    {
        GuestCondition.Running => "running"u8,
        GuestCondition.Paused => "paused"u8,
        _ => "off"u8,
    };
}
