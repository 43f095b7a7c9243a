// The clock that a Linux guest shares with its hypervisor (Linux: Documentation/virt/kvm/x86/msr.rst and pvclock).
using Kilonova.Vmm.Models;

namespace Kilonova.Vmm.Policy;

/// <summary>
/// kvm-clock of one virtual CPU: a page in guest memory from which the guest computes nanoseconds out of its time stamp counter. The
/// counter is invariant, so the page is written once, when the guest asks for it and when the counter is set.
/// </summary>
public sealed class ParavirtualClock
{
    private const ulong Enabled = 1;
    private const byte Stable = 1;

    // The guest clears it when it has seen it.
    private const byte Stopped = 2;

    private readonly GuestMemory _memory;
    private readonly IClock _clock;
    private readonly IWallClock _wall;
    private readonly TimestampCounter _timestamp;
    private uint _version;

    /// <summary>Makes the clock, not enabled.</summary>
    public ParavirtualClock(GuestMemory memory, IClock clock, IWallClock wall, TimestampCounter timestamp)
    {
        _memory = memory;
        _clock = clock;
        _wall = wall;
        _timestamp = timestamp;
    }

    /// <summary>What was last written to MSR_KVM_SYSTEM_TIME_NEW.</summary>
    public ulong SystemTimeRegister { get; private set; }

    /// <summary>What was last written to MSR_KVM_WALL_CLOCK_NEW.</summary>
    public ulong WallClockRegister { get; private set; }

    /// <summary>Forgets the guest's page.</summary>
    public void Disable() => SystemTimeRegister = 0;

    /// <summary>Writes MSR_KVM_SYSTEM_TIME_NEW. False: the page is not in memory.</summary>
    public bool TrySetSystemTime(ulong value)
    {
        SystemTimeRegister = value;
        return (value & Enabled) == 0 || Publish();
    }

    /// <summary>Writes MSR_KVM_WALL_CLOCK_NEW: the wall-clock time at system time 0 goes to memory. False: it is not in memory.</summary>
    public bool TrySetWallClock(ulong value)
    {
        WallClockRegister = value;
        return _memory.TryStore(value, sizeof(uint), 2) && _memory.TryStore(value + 4, sizeof(uint), (uint)_wall.SecondsAtStart)
            && _memory.TryStore(value + 8, sizeof(uint), 0);
    }

    /// <summary>Writes the page anew. False if it is not in memory.</summary>
    public bool Publish() => Publish(Stable);

    /// <summary>Tells the guest, if it uses the clock, that it stood still: time went on without it.</summary>
    public void NoteStandstill()
    {
        if ((SystemTimeRegister & Enabled) != 0)
            _ = Publish(Stable | Stopped);
    }

    private bool Publish(byte flags)
    {
        ulong address = SystemTimeRegister & ~Enabled;
        GetScale(_timestamp.Frequency.Hertz, out uint multiplier, out sbyte shift);
        // One moment for counter and time, so that the pages of all virtual CPUs say the same. An odd version says that the rest is being
        // written.
        ulong now = _clock.Now;
        _version += 2;
        return _memory.TryStore(address, sizeof(ulong), _version - 1)
            && _memory.TryStore(address + 8, sizeof(ulong), _timestamp.ValueAt(now))
            && _memory.TryStore(address + 16, sizeof(ulong), now)
            && _memory.TryStore(address + 24, sizeof(ulong), multiplier | ((ulong)(byte)shift << 32) | ((ulong)flags << 40))
            && _memory.TryStore(address, sizeof(uint), _version);
    }

    /// <summary>nanoseconds = (ticks shifted left by shift, right if negative) * multiplier / 2^32.</summary>
    public static void GetScale(ulong hertz, out uint multiplier, out sbyte shift)
    {
        const ulong Second = 1_000_000_000;
        shift = 0;
        ulong ticks = hertz;
        // Brings the ticks between one second of nanoseconds and two, so that the multiplier has all its bits.
        while (ticks > 2 * Second)
        {
            ticks >>= 1;
            shift--;
        }

        while (ticks <= Second)
        {
            ticks <<= 1;
            shift++;
        }

        // With the shift undone exactly: second * 2^32 / (hertz * 2^shift).
        ulong numerator = Second << 32 >> (shift > 0 ? shift : 0);
        ulong divisor = hertz;
        if (shift < 0)
        {
            // hertz / 2^-shift loses bits; scale the numerator instead where it has room.
            int up = -shift;
            while (up > 0 && numerator <= ulong.MaxValue >> 1)
            {
                numerator <<= 1;
                up--;
            }

            divisor >>= up;
        }

        multiplier = (uint)(numerator / divisor);
    }
}
