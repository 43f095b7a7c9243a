using System;
using System.Runtime.CompilerServices;
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

    // By number, for the threads that do the rest of an exit.
    private static readonly VirtualCpuContext?[] s_contexts = new VirtualCpuContext?[StartPage.MaxCpus];

    // The rest of an exit: its portal, the state in hand, and what came of it. Of the virtual CPU's two threads, one of which waits.
    private ulong _rest;
    private ArchitecturalState* _state;
    private Mtd _result;

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

    /// <summary>
    /// Selector of the first event of virtual CPU 0: above everything that the component hands out itself, and where the kernel finds portals
    /// fastest (below 2^17, which are those of more than a hundred virtual CPUs).
    /// </summary>
    public const ulong FirstEvent = 0x1_2000;

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

    /// <summary>Makes the portal by which the thread without vector registers has the other one do the rest of an exit.</summary>
    public void BindRest<THandler>()
        where THandler : struct, IEventHandler
    {
        s_contexts[_number] = this;
        _rest = Component.TakeSelectors(0);
        var portal = new Portal(_rest);
        Component.Require(Portal.Create(_rest, Component.Domain, new ExecutionContext(_vector), Rest<THandler>.Address), "portal"u8);
        Component.Require(portal.Configure(_number, Mtd.None), "portal"u8);
    }

    /// <summary>
    /// Has the handler of <see cref="BindRest"/> answer the event in hand, whose state is the calling thread's. Touches no vector register.
    /// </summary>
    public Mtd DoRest(ref ArchitecturalState state)
    {
        _state = (ArchitecturalState*)Unsafe.AsPointer(ref state);
        if (new Portal(_rest).Call(1, out _) != Status.SUCCESS)
            Faults.Fail("the rest of an exit cannot be done"u8);

        return _result;
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

    // The function of the portal. A message has at least one word, and a reply, too: it is the first of the state, RAX.
    private static class Rest<THandler>
        where THandler : struct, IEventHandler
    {
        internal static ulong Address => Server.AddressOf(&Enter);

        private static void Enter(ulong number, uint mtd)
        {
            var context = s_contexts[number]!;
            context._result = THandler.Handle(number << IdentifierShift, ref *context._state);
            *Server.Utcb = context._state->RAX;
            Server.Reply(1);
        }
    }

    /// <summary>The calling thread sleeps until <see cref="Wake"/> is upped, or until a system time; 0 for none.</summary>
    public void Wait(ulong deadline) => _ = Wake.DownToZero(deadline);
}
