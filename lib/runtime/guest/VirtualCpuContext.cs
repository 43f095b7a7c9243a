using System;
using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>
/// The kernel's side of one virtual CPU, for safe code: its execution context, the two local threads of its CPU that answer its events, one
/// with vector registers and one without, a portal per event, and the semaphore on which it halts.
/// </summary>
public sealed unsafe class VirtualCpuContext
{
    private const ulong ApicPages = 0x4800_0000_0000;
    private const int PageShift = 12;

    private readonly ulong _events;
    private readonly ulong _plain;
    private readonly ulong _vector;
    private readonly ExecutionContext _context;
    private readonly ulong _number;

    /// <summary>Creates the threads and the semaphore; ends the program when that fails.</summary>
    /// <param name="number">Number of the virtual CPU.</param>
    /// <param name="cpu">The CPU, one of the component's.</param>
    public VirtualCpuContext(uint number, uint cpu)
    {
        Cpu = cpu;
        _number = number;
        _plain = Component.TakeSelectors(0);
        _vector = Component.TakeSelectors(0);
        Component.CreateLocal(_plain, cpu, "exits"u8, fpu: false);
        Component.CreateLocal(_vector, cpu, "emulation"u8);
        _context = new ExecutionContext(Component.TakeSelectors(0));
        Wake = new Semaphore(Component.TakeSelectors(0));
        Component.Require(Semaphore.Create(Wake.Selector, Component.Domain, 0), "semaphore"u8);

        // An event is counted from the base: groups that lie side by side.
        _events = FirstEvent + number * Stride;
    }

    /// <summary>Distance of the events of two virtual CPUs, in selectors.</summary>
    public const ulong Stride = 0x200;

    /// <summary>Selector of the first event of virtual CPU 0: above everything that the component hands out itself.</summary>
    public const ulong FirstEvent = 0x2_0000;

    /// <summary>Position of the virtual CPU's number in a portal's identifier; the event lies below.</summary>
    public const int IdentifierShift = 16;

    /// <summary>The CPU that it is bound to.</summary>
    public uint Cpu { get; }

    /// <summary>Upped to wake the thread that waits for it.</summary>
    public Semaphore Wake { get; }

    /// <summary>Makes the portal of an event.</summary>
    /// <param name="number">The event.</param>
    /// <param name="state">What it transfers.</param>
    /// <param name="vector">Whether its handler uses vector registers.</param>
    public void Bind<THandler>(uint number, Mtd state, bool vector)
        where THandler : struct, IEventHandler
    {
        var portal = new Portal(_events + number);
        var thread = new ExecutionContext(vector ? _vector : _plain);
        Component.Require(Portal.Create(portal.Selector, Component.Domain, thread, EventEntry<THandler>.Address), "event portal"u8);
        Component.Require(portal.Configure(IdentifierOf(number), state), "event portal"u8);
    }

    /// <summary>Changes what an event transfers from its next time on.</summary>
    public void Change(uint number, Mtd state) => _ = new Portal(_events + number).Configure(IdentifierOf(number), state);

    // What handlers get: the virtual CPU, and the event in bits 15-0.
    private ulong IdentifierOf(uint number) => (_number << IdentifierShift) | number;

    /// <summary>Creates the virtual CPU. As soon as admission has given it time it asks its STARTUP portal what to be.</summary>
    /// <returns>The selector of its execution context.</returns>
    public ulong Start(SchedulingDescriptor descriptor)
    {
        var apicPage = (ApicPages >> PageShift) + _number;
        Component.Require(
            ExecutionContext.CreateGuest(_context.Selector, Component.Domain, apicPage, Cpu, _events, timeOffset: false), "virtual CPU"u8);
        ComponentThreads.RequestTime(_context.Selector, Cpu, descriptor);
        return _context.Selector;
    }

    /// <summary>Makes the virtual CPU raise RECALL before it executes the guest again.</summary>
    public void Recall() => _ = _context.Recall(strong: false);

    /// <summary>The calling thread sleeps until <see cref="Wake"/> is upped, or until a system time; 0 for none.</summary>
    public void Wait(ulong deadline) => _ = Wake.DownToZero(deadline);
}
