// The local APIC of a virtual CPU (Intel SDM volume 3, chapter 11): xAPIC and x2APIC. This part is what other CPUs and threads touch.
using System.Numerics;
using System.Threading;

namespace Kilonova.Vmm.Models;

/// <summary>
/// A local APIC. Requests from anywhere (other processors, the I/O APIC, messages, the timer thread) are atomic operations on bitmaps
/// followed by a kick, and never block. All other registers are written only on the owning virtual CPU's exit path.
/// </summary>
public sealed partial class LocalApic : IPlainMmioDevice, ITimerOwner
{
    private const int EventNonMaskable = 1 << 0;
    private const int EventInit = 1 << 1;
    private const int EventStartUp = 1 << 2;
    private const int EventTimer = 1 << 3;

    private const uint VersionValue = 0x14 | (5 << 16);
    private const uint FlatModel = 0xf;

    private readonly ApicBus _bus;
    private readonly IKick _kick;

    // Shared: set by anybody, cleared by the owner. Interrupt request and trigger mode registers, events of EventXxx.
    private readonly uint[] _requests = new uint[ApicRegister.Words];
    private readonly uint[] _levels = new uint[ApicRegister.Words];
    private int _events;
    private uint _receivedErrors;
    private uint _startUpVector;

    // Shared: INTR of the 8259 pair.
    private int _lint0;

    // Written by the owner, read by senders that look for a destination.
    private ulong _base;
    private uint _spurious;
    private uint _logicalDestination;
    private uint _destinationFormat;
    private uint _processorPriority;

    /// <summary>Makes the local APIC of one virtual CPU and attaches it to the bus.</summary>
    /// <param name="id">APIC ID, 32 bits; IDs above 254 need x2APIC mode.</param>
    /// <param name="bus">Messages out and in.</param>
    /// <param name="timers">The virtual CPU's own timer queue; gives the clock, too.</param>
    /// <param name="timestamp">The guest's time stamp counter.</param>
    /// <param name="kick">The virtual CPU.</param>
    /// <param name="isBootstrap">Whether it is the bootstrap processor.</param>
    public LocalApic(uint id, ApicBus bus, TimerQueue timers, TimestampCounter timestamp, IKick kick, bool isBootstrap)
    {
        Id = id;
        _bus = bus;
        _kick = kick;
        _clock = timers.Clock;
        _timestamp = timestamp;
        _timer = timers.Create(this);
        IsBootstrap = isBootstrap;
        Reset();
        bus.Attach(this);
    }

    /// <summary>APIC ID.</summary>
    public uint Id { get; }

    /// <summary>Whether this is the bootstrap processor's.</summary>
    public bool IsBootstrap { get; }

    /// <summary>Whether fixed interrupts are accepted: enabled globally and by software. Any thread.</summary>
    public bool IsEnabled =>
        (Volatile.Read(ref _base) & ApicBase.Enabled) != 0 && (Volatile.Read(ref _spurious) & ApicBits.SoftwareEnabled) != 0;

    /// <summary>x2APIC mode. Any thread.</summary>
    public bool IsExtended => (Volatile.Read(ref _base) & ApicBase.Extended) != 0;

    /// <summary>The processor priority, for arbitration. Any thread.</summary>
    public uint Priority => Volatile.Read(ref _processorPriority);

    /// <summary>Whether a message is for this processor. Any thread.</summary>
    public bool Matches(in ApicMessage message)
    {
        uint destination = message.Destination;
        if (destination == (message.IsWide ? uint.MaxValue : 0xff))
            return true;
        if (!message.IsLogical)
            return destination == Id;

        uint logical = Volatile.Read(ref _logicalDestination);
        if (IsExtended)
        {
            logical = ExtendedLogicalId(Id);
            return (logical >> 16) == (destination >> 16) && (logical & destination & 0xffff) != 0;
        }

        if (destination > 0xff)
            return false;
        logical >>= 24;
        if (Volatile.Read(ref _destinationFormat) >> 28 == FlatModel)
            return (logical & destination) != 0;
        bool sameCluster = logical >> 4 == destination >> 4 || destination >> 4 == 0xf;
        return sameCluster && (logical & destination & 0xf) != 0;
    }

    /// <summary>Takes a message that is for this processor. Any thread; does not block.</summary>
    public void Accept(in ApicMessage message)
    {
        switch (message.Mode)
        {
            case DeliveryMode.Fixed or DeliveryMode.LowestPriority:
                if (!IsEnabled)
                    return;
                Request(message.Vector, message.IsLevel);
                break;
            case DeliveryMode.NonMaskable:
                Interlocked.Or(ref _events, EventNonMaskable);
                break;
            case DeliveryMode.Init:
                Interlocked.Or(ref _events, EventInit);
                break;
            case DeliveryMode.StartUp:
                Volatile.Write(ref _startUpVector, message.Vector);
                Interlocked.Or(ref _events, EventStartUp);
                break;
            default:
                // System management and external messages have no receiver in this machine.
                return;
        }

        _kick.Kick();
    }

    /// <summary>The level of LINT0, which the 8259 pair drives. Any thread.</summary>
    public void SetExternalLine(bool asserted)
    {
        Volatile.Write(ref _lint0, asserted ? 1 : 0);
        if (asserted)
            _kick.Kick();
    }

    void ITimerOwner.TimerExpired(int cookie)
    {
        Interlocked.Or(ref _events, EventTimer);
        _kick.Kick();
    }

    private static uint ExtendedLogicalId(uint id) => ((id >> 4) << 16) | (1u << (int)(id & 0xf));

    private void Request(byte vector, bool isLevel)
    {
        uint bit = 1u << (vector & 31);
        if (vector < 16)
        {
            Interlocked.Or(ref _receivedErrors, ApicBits.ErrorReceiveIllegalVector);
            return;
        }

        if (isLevel)
            Interlocked.Or(ref _levels[vector >> 5], bit);
        else
            Interlocked.And(ref _levels[vector >> 5], ~bit);
        Interlocked.Or(ref _requests[vector >> 5], bit);
    }

    private static int Highest(uint[] bitmap)
    {
        for (int i = ApicRegister.Words - 1; i >= 0; i--)
        {
            uint word = Volatile.Read(ref bitmap[i]);
            if (word != 0)
                return (32 * i) + BitOperations.Log2(word);
        }

        return -1;
    }
}

/// <summary>The lines of LINT0: routes the 8259 pair's output to the bootstrap processor.</summary>
public sealed class LocalInterruptSink : ILineSink
{
    private readonly LocalApic _apic;

    /// <summary>Connects INTR to a local APIC.</summary>
    public LocalInterruptSink(LocalApic apic) => _apic = apic;

    /// <inheritdoc/>
    public void SetLine(int line, bool asserted) => _apic.SetExternalLine(asserted);
}
