using System.Threading;
using Kilonova.Devices;
using Kilonova.Net;
using Kilonova.Registers;
using Kilonova.Sessions;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Nic;

using Controller = Nic<MappedRegisters, MappedDmaMemory, SystemClock>;

/// <summary>
/// A controller, its client, and the word that threads which answer calls leave for the driver's thread. They must not make it wait: they
/// may stop anywhere when their caller is killed.
/// </summary>
internal sealed class NicPort
{
    // Session that wants the controller; 0 for none. Exchanged by threads that answer calls, taken by the driver's thread.
    private ulong _wanted;
    private int _wantsAll;

    // Written by the driver's thread for the others; each read on its own.
    private uint _speed;

    internal NicPort(Controller controller, Semaphore bell, bool isPolled)
    {
        Controller = controller;
        Session = new PacketSession(controller);
        Channel = new NetChannel(bell);
        IsPolled = isPolled;
    }

    /// <summary>The controller. Its address and statistics may be read by anybody.</summary>
    internal Controller Controller { get; }

    /// <summary>The client, for the driver's thread.</summary>
    internal PacketSession Session { get; }

    /// <summary>The client's rings, for the driver's thread.</summary>
    internal NetChannel Channel { get; }

    /// <summary>The client's memory, for the driver's thread.</summary>
    internal Dataspace Data { get; set; }

    /// <summary>The controller has no messages: it is asked from time to time.</summary>
    internal bool IsPolled { get; }

    /// <summary>Speed of the link in Mbit/s.</summary>
    internal uint Speed => Volatile.Read(ref _speed);

    /// <summary>For the driver's thread: lets the others see the link.</summary>
    internal void PublishLink() => Volatile.Write(ref _speed, Controller.Speed);

    /// <summary>For threads that answer calls: a session wants the controller; false when another one does or has it.</summary>
    internal bool TryWant(ulong session, bool all)
    {
        if (Session.Number != 0 || Interlocked.CompareExchange(ref _wanted, session, 0) != 0)
            return Volatile.Read(ref _wanted) == session;

        Volatile.Write(ref _wantsAll, all ? 1 : 0);
        return true;
    }

    /// <summary>For the driver's thread: begins the session that wants the controller.</summary>
    internal void TakeWish(ulong session)
    {
        if (Volatile.Read(ref _wanted) != session || !Session.TryOpen(session))
            return;

        _ = Controller.TrySetFilter(default, default, Volatile.Read(ref _wantsAll) != 0);
    }

    /// <summary>For the driver's thread: a session has ended, whether or not it ever began.</summary>
    internal void DropWish(ulong session) => _ = Interlocked.CompareExchange(ref _wanted, 0, session);
}
