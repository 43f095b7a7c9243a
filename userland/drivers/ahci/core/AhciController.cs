using System.Numerics;
using Kilonova.Blocks;
using Kilonova.Registers;

namespace Kilonova.Ahci;

/// <summary>
/// A Serial ATA host controller: takes it over from firmware, resets it, and drives its ports. One thread at a time: it calls
/// <see cref="HandleInterrupt"/> for each interrupt and <see cref="Advance"/> whenever that asked to be called. Serial ATA AHCI 1.3.1
/// Specification, sections 3.1 and 10.1.2.
/// </summary>
public sealed class AhciController<TRegisters, TMemory, TClock>
    where TRegisters : struct, IRegisters
    where TMemory : struct, IDmaMemory
    where TClock : struct, IClock
{
    // Microseconds: section 10.4.3 gives the controller a second, section 10.6.3 firmware 25 ms, and 2 s where it is busy.
    private const ulong ResetTime = 1_000_000;
    private const ulong HandoffTime = 25_000;
    private const ulong BusyTime = 2_000_000;

    private readonly TRegisters _registers;
    private readonly TClock _clock;
    private readonly AhciPort<TRegisters, TMemory>?[] _ports = new AhciPort<TRegisters, TMemory>?[PortRegister.MaxPorts];

    private AhciController(TRegisters registers, TClock clock)
    {
        _registers = registers;
        _clock = clock;
    }

    /// <summary>Ports, implemented or not.</summary>
    public System.ReadOnlySpan<AhciPort<TRegisters, TMemory>?> Ports => _ports;

    /// <summary>Bytes of memory that a controller needs: whole pages, by the number of its ports.</summary>
    public static int MemorySize(TRegisters registers) => BitOperations.PopCount(registers.Read32(Hba.Pi)) * CommandTable.PortSize;

    /// <summary>Whether all addresses reach the controller, or those below 4 GiB only.</summary>
    public static bool Reaches64(TRegisters registers) => (registers.Read32(Hba.Cap) & Hba.CapS64A) != 0;

    /// <summary>Takes a controller over, waiting for its reset, and begins to look for disks.</summary>
    /// <param name="registers">Its registers.</param>
    /// <param name="memory">At least <see cref="MemorySize"/> bytes.</param>
    /// <param name="clock">The time.</param>
    /// <param name="events">Who hears of disks and requests.</param>
    /// <param name="controller">The controller; null when it does not come out of reset, or the memory is out of its reach.</param>
    public static bool TryStart(
        TRegisters registers, TMemory memory, TClock clock, IDiskEvents events, out AhciController<TRegisters, TMemory, TClock>? controller)
    {
        controller = null;
        var fits = memory.Length >= MemorySize(registers)
            && (Reaches64(registers) || memory.DeviceAddress + (uint)memory.Length <= uint.MaxValue);
        if (!fits)
            return false;

        var taken = new AhciController<TRegisters, TMemory, TClock>(registers, clock);
        taken.TakeOver();
        var implemented = registers.Read32(Hba.Pi);
        if (!taken.TryReset())
            return false;

        // Firmware's word on which ports exist: a reset may forget it.
        if (registers.Read32(Hba.Pi) == 0)
            registers.Write32(Hba.Pi, implemented);

        var capabilities = registers.Read32(Hba.Cap);
        var offset = 0;
        for (var ports = implemented; ports != 0; ports &= ports - 1)
        {
            var number = BitOperations.TrailingZeroCount(ports);
            var end = PortRegister.First + (number + 1) * PortRegister.Size;
            if (end > registers.Length)
                break;

            taken._ports[number] = new AhciPort<TRegisters, TMemory>(registers, memory, offset, number, capabilities, events);
            offset += CommandTable.PortSize;
        }

        controller = taken;
        foreach (var port in taken._ports)
            port?.Start(clock.Now);

        registers.Write32(Hba.Is, uint.MaxValue);
        registers.Write32(Hba.Ghc, Hba.GhcAe | Hba.GhcIe);
        return true;
    }

    /// <summary>Serves what the controller signals, until it signals nothing: only then it sends the next message.</summary>
    public void HandleInterrupt()
    {
        // Bounded: a device that never comes to rest is served again at the next turn.
        for (var round = 0; round < PortRegister.MaxPorts; round++)
        {
            var pending = _registers.Read32(Hba.Is);
            if (pending is 0 or uint.MaxValue)
                return;

            for (var ports = pending; ports != 0; ports &= ports - 1)
                _ports[BitOperations.TrailingZeroCount(ports)]?.HandleInterrupt(_clock.Now);

            _registers.Write32(Hba.Is, pending);
        }
    }

    /// <summary>Lets time pass.</summary>
    /// <returns>When to call again at the latest, in microseconds of the clock; 0 for whenever.</returns>
    public ulong Advance()
    {
        ulong next = 0;
        foreach (var port in _ports)
        {
            var wanted = port?.Advance(_clock.Now) ?? 0;
            if (wanted != 0 && (next == 0 || wanted < next))
                next = wanted;
        }

        return next;
    }

    /// <summary>Whether the disks that were there at the start are known.</summary>
    public bool IsSettled
    {
        get
        {
            foreach (var port in _ports)
            {
                if (port != null && port.State is not (PortState.Absent or PortState.Dead or PortState.Ready))
                    return false;
            }

            return true;
        }
    }

    /// <summary>Submits a request to a port.</summary>
    public DiskStatus Submit(int port, DiskRequest request) =>
        (uint)port < PortRegister.MaxPorts ? _ports[port]?.Submit(request, _clock.Now) ?? DiskStatus.Gone : DiskStatus.Gone;

    /// <summary>Stops a port for the sake of cancelled requests, see <see cref="AhciPort{TRegisters, TMemory}.Abandon"/>.</summary>
    public void Abandon(int port) => _ports[port]?.Abandon(_clock.Now);

    // Section 10.6.3.
    private void TakeOver()
    {
        if ((_registers.Read32(Hba.Cap2) & Hba.Cap2Boh) == 0)
            return;

        _registers.Write32(Hba.Bohc, _registers.Read32(Hba.Bohc) | Hba.BohcOos);
        var start = _clock.Now;
        while (true)
        {
            var handoff = _registers.Read32(Hba.Bohc);
            var patience = (handoff & Hba.BohcBb) != 0 ? BusyTime : HandoffTime;
            if ((handoff & Hba.BohcBos) == 0 || _clock.Now - start > patience)
                return;
        }
    }

    private bool TryReset()
    {
        _registers.Write32(Hba.Ghc, _registers.Read32(Hba.Ghc) | Hba.GhcAe);
        _registers.Write32(Hba.Ghc, Hba.GhcAe | Hba.GhcHr);
        var start = _clock.Now;
        while ((_registers.Read32(Hba.Ghc) & Hba.GhcHr) != 0)
        {
            if (_clock.Now - start > ResetTime)
                return false;
        }

        _registers.Write32(Hba.Ghc, Hba.GhcAe);
        return true;
    }
}
