using System.Threading;
using Kilonova.Contracts;
using Kilonova.Registers;
using Kilonova.Sessions;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Net;

/// <summary>What a port of the net contract has counted.</summary>
/// <param name="ReceivedPackets">Packets that its client got, or could have.</param>
/// <param name="ReceivedBytes">Bytes of them.</param>
/// <param name="SentPackets">Packets that it sent.</param>
/// <param name="SentBytes">Bytes of them.</param>
/// <param name="Missed">Packets that came when there was no buffer for them.</param>
/// <param name="Damaged">Packets that were thrown away because something was wrong with them.</param>
public readonly record struct NetStatistics(
    ulong ReceivedPackets, ulong ReceivedBytes, ulong SentPackets, ulong SentBytes, ulong Missed, ulong Damaged);

/// <summary>
/// A port that a client can open, a controller's or a switch's, and the word that threads which answer calls leave for the server's thread.
/// They must not make it wait: they may stop anywhere when their caller is killed.
/// </summary>
public abstract class NetPort
{
    private readonly Semaphore _bell;

    // Session that wants the port; 0 for none. Exchanged by threads that answer calls, taken by the server's thread.
    private ulong _wanted;
    private int _wantsAll;

    // Set by threads that answer calls when the port was wanted by somebody already.
    private int _isContested;

    /// <summary>A port without client.</summary>
    /// <param name="device">What moves packets.</param>
    /// <param name="bell">The server's bell.</param>
    protected NetPort(IPacketDevice device, Semaphore bell)
    {
        _bell = bell;
        Session = new PacketSession(device);
        Channel = new NetChannel(bell);
    }

    /// <summary>The port's own address; the first byte on the wire is the lowest. Constant.</summary>
    public abstract ulong Address { get; }

    /// <summary>Speed of the link in Mbit/s; 0 while it is down. For any thread.</summary>
    public abstract uint Speed { get; }

    /// <summary>What it has counted. For any thread; each number is read on its own.</summary>
    public abstract NetStatistics Statistics { get; }

    /// <summary>The client, for the server's thread.</summary>
    public PacketSession Session { get; }

    /// <summary>The client's rings, for the server's thread.</summary>
    public NetChannel Channel { get; }

    /// <summary>The client's memory, for the server's thread.</summary>
    internal Dataspace Data { get; set; }

    /// <summary>A session begins.</summary>
    /// <param name="all">Whether it wants packets to whomever.</param>
    protected internal abstract void Begin(bool all);

    /// <summary>Appends a client's data memory to <see cref="PacketSession.Memory"/>, as the device sees it.</summary>
    /// <param name="memory">Where to.</param>
    /// <param name="data">The memory, attached.</param>
    /// <param name="session">The session by which it came.</param>
    /// <returns>False where the device cannot see it.</returns>
    protected internal abstract bool TryUse(DeviceMemory memory, Dataspace data, ulong session);

    /// <summary>A session has ended; the device has nothing of it any more.</summary>
    protected internal abstract void End();

    /// <summary>For threads that answer calls: a session wants the port; false when another one does or has it.</summary>
    public bool TryWant(ulong session, bool all)
    {
        if (Session.Number != 0 || Interlocked.CompareExchange(ref _wanted, session, 0) != 0)
        {
            if (Volatile.Read(ref _wanted) == session)
                return true;

            // Perhaps one that has ended, if the thread that answered it stood still meanwhile.
            Volatile.Write(ref _isContested, 1);
            _ = _bell.Up();
            return false;
        }

        Volatile.Write(ref _wantsAll, all ? 1 : 0);
        return true;
    }

    /// <summary>For the server's thread: begins the session that wants the port.</summary>
    internal void TakeWish(ulong session)
    {
        if (Volatile.Read(ref _wanted) == session && Session.TryOpen(session))
            Begin(Volatile.Read(ref _wantsAll) != 0);
    }

    /// <summary>For the server's thread: a session has ended, whether or not it ever began.</summary>
    internal void DropWish(ulong session) => _ = Interlocked.CompareExchange(ref _wanted, 0, session);

    /// <summary>For the server's thread: the session whose wish is in another's way; 0 for none.</summary>
    internal ulong TakeContest() =>
        Volatile.Read(ref _isContested) != 0 && Interlocked.Exchange(ref _isContested, 0) != 0 && Session.Number == 0
            ? Volatile.Read(ref _wanted)
            : 0;
}
