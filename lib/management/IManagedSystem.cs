using System;
using Kilonova.Abi;
using Kilonova.Contracts;

namespace Kilonova.Management;

/// <summary>
/// What a management server stands on: in the component its sessions, in tests anything. Texts are UTF-8, times are ticks; each status is
/// the one of the service behind.
/// </summary>
public interface IManagedSystem
{
    /// <summary>Ticks per second.</summary>
    ulong Frequency { get; }

    /// <summary>Ticks now.</summary>
    ulong Now { get; }

    /// <summary>A component by its number, from 0 on. NotFound behind the last.</summary>
    ContractStatus Describe(uint index, Span<byte> name, out int length, out ComponentDescription component);

    /// <summary>Starts a component.</summary>
    ContractStatus Start(ReadOnlySpan<byte> name);

    /// <summary>Ends a component for good.</summary>
    ContractStatus Stop(ReadOnlySpan<byte> name);

    /// <summary>Ends a component as if it had failed.</summary>
    ContractStatus Kill(ReadOnlySpan<byte> name);

    /// <summary>The report of a component's last crash from an offset on; no bytes at its end.</summary>
    ContractStatus ReadCrash(ReadOnlySpan<byte> name, uint offset, Span<byte> text, out int length);

    /// <summary>A line of a component's log: 0 for the newest, 1 for the one before.</summary>
    ContractStatus ReadLog(ReadOnlySpan<byte> name, uint back, Span<byte> text, out int length, out ulong time, out LogLevel level);

    /// <summary>Pages of memory that nobody has, and of kernel memory.</summary>
    ContractStatus ReadFree(out ulong pages, out ulong kernelPages);

    /// <summary>A counter of a component's by its number, from 0 on. NotFound behind the last.</summary>
    ContractStatus ReadCounter(ReadOnlySpan<byte> name, uint index, Span<byte> counter, out int length, out ulong value);

    /// <summary>A view by its number, from 0 on. NotFound behind the last.</summary>
    ContractStatus DescribeView(uint index, Span<byte> name, out int length, out ViewDescription view);

    /// <summary>Text of a view from a position on, counted in bytes ever written; what is not kept any more is left out.</summary>
    ContractStatus ReadView(ulong view, ulong position, Span<byte> text, out int length, out ulong start);

    /// <summary>Types keys into a view, as if it had the focus.</summary>
    ContractStatus Type(ulong view, ReadOnlySpan<byte> keys);

    /// <summary>A guest by its number, from 0 on. NotFound behind the last.</summary>
    /// <param name="index">The number.</param>
    /// <param name="name">Its name, which is its component's.</param>
    /// <param name="length">Bytes of name.</param>
    /// <param name="monitor">Name of its monitor.</param>
    /// <param name="monitorLength">Bytes of that.</param>
    /// <param name="guest">How it is.</param>
    ContractStatus DescribeGuest(
        uint index, Span<byte> name, out int length, Span<byte> monitor, out int monitorLength, out GuestDescription guest);

    /// <summary>Has something done with a guest.</summary>
    ContractStatus Order(ReadOnlySpan<byte> name, GuestOrder order);

    /// <summary>Says what a guest is from its next start on, by the words of <see cref="IControl.Define"/>.</summary>
    ContractStatus Define(ReadOnlySpan<byte> name, ReadOnlySpan<byte> definition);
}
