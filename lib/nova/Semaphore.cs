using System.Runtime.CompilerServices;
using Kilonova.Abi;

namespace Kilonova.Nova;

/// <summary>
/// A capability for a semaphore; those in the NOVA object space stand for interrupts. NOVA interface specification of 24 January 2024,
/// sections 2.5 and 6.1.3.1.
/// </summary>
public readonly struct Semaphore
{
    /// <summary>Names the capability at a selector.</summary>
    public Semaphore(ulong selector) => Selector = selector;

    /// <summary>The selector in the caller's object space.</summary>
    public ulong Selector { get; }

    /// <summary>Creates a semaphore with a counter.</summary>
    public static Status Create(ulong selector, ProtectionDomain owner, ulong count) => Hypercalls.CreateSm(selector, owner.Selector, count);

    /// <summary>Releases the thread that waits longest, or counts up. OVRFLOW when the counter is at its end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Status Up() => Hypercalls.CtrlSm(0, Selector, 0);

    /// <summary>Counts down, or waits for an up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Status Down() => Hypercalls.CtrlSm(CtrlSmFlags.Down, Selector, 0);

    /// <summary>Counts down, or waits until the system time counter reaches the deadline (0 for none): TIMEOUT.</summary>
    public Status Down(ulong deadline) => Hypercalls.CtrlSm(CtrlSmFlags.Down, Selector, deadline);

    /// <summary>Sets a counter above zero to zero, or waits as <see cref="Down(ulong)"/> does.</summary>
    public Status DownToZero(ulong deadline = 0) => Hypercalls.CtrlSm(CtrlSmFlags.Down | CtrlSmFlags.Zero, Selector, deadline);

    /// <summary>Routes the interrupt that this semaphore stands for to a CPU, section 5.5.2.</summary>
    /// <param name="flags">See <see cref="AssignIntFlags"/>.</param>
    /// <param name="cpu">The CPU whose threads will wait.</param>
    /// <param name="device">For a message, the device that may send it: bus, device and function.</param>
    /// <param name="messageAddress">For a message, the address to program into the device.</param>
    /// <param name="messageData">For a message, the data to program into the device.</param>
    public Status AssignInterrupt(uint flags, uint cpu, uint device, out ulong messageAddress, out ulong messageData) =>
        Hypercalls.AssignInt(flags, Selector, cpu, device, out messageAddress, out messageData);
}
