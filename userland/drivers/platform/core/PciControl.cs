using Kilonova.Formats.Pci;
using Kilonova.Registers;

namespace Kilonova.Platform;

/// <summary>
/// What is done to a function before a driver has it, while it has it, and afterwards: reset, bus mastering, messages. One thread at a time.
/// </summary>
public static class PciControl
{
    // Microseconds. PCI Express Base Specification 4.0, section 6.6.2: a function answers 100 ms after its reset; section 5.3.1.4: 10 ms
    // from D3hot to D0.
    private const ulong PendingTime = 100_000;
    private const ulong ResetTime = 100_000;
    private const ulong PowerTime = 10_000;

    private const int PowerControl = 4;
    private const ushort PowerStateMask = 3;
    private const ushort PowerD3 = 3;
    private const ushort PowerNoReset = 1 << 3;
    private const ushort PowerStatus = 1 << 15;

    /// <summary>
    /// Stops a function: no DMA, no messages, no pin. The read that follows the write waits for what it had under way, for completions push
    /// posted writes before them.
    /// </summary>
    public static void Quiesce<TAccess>(ref TAccess access, PciDevice device)
        where TAccess : IPciAccess
    {
        var command = PciAccess.Read16(ref access, device.Address, (int)PciOffset.Command);
        SetCommand(ref access, device, (ushort)(command & ~PciCommand.Master | PciCommand.PinDisabled));
        _ = access.Read(device.Address, 0);
        DisableMessages(ref access, device);
    }

    /// <summary>Stops a function and resets it as far as it can be, keeping its addresses. Takes up to some tenths of a second.</summary>
    /// <returns>Whether the function has a reset of its own; otherwise it is only stopped, and its driver resets what is behind its registers.</returns>
    public static bool Reset<TAccess, TClock>(ref TAccess access, TClock clock, PciDevice device)
        where TAccess : IPciAccess
        where TClock : IClock
    {
        Quiesce(ref access, device);
        var capabilities = device.Capabilities;
        if (capabilities.HasExpressReset)
        {
            var control = capabilities.Express + (int)PciExpress.DeviceControl;
            var start = clock.Now;
            while ((access.Read(device.Address, control) >> 16 & PciExpress.TransactionsPending) != 0 && clock.Now - start < PendingTime)
            {
            }

            var value = PciAccess.Read16(ref access, device.Address, control);
            PciAccess.Write16(ref access, device.Address, control, (ushort)(value | PciExpress.InitiateReset));
        }
        else if (capabilities.HasAdvancedReset)
        {
            var control = capabilities.Advanced + (int)PciAdvancedFeatures.Control;
            access.Write(device.Address, control, access.Read(device.Address, control) & ~0xffu | PciAdvancedFeatures.InitiateReset);
        }
        else if (!TryPowerCycle(ref access, clock, device))
        {
            return false;
        }

        Pause(clock, ResetTime);
        for (var i = 0; i < PciFunction.MaxBars; i++)
        {
            if (device.RawBar(i) != 0)
                access.Write(device.Address, (int)PciOffset.Bars + i * sizeof(uint), device.RawBar(i));
        }

        Quiesce(ref access, device);
        return true;
    }

    /// <summary>Lets a function answer at its addresses and master the bus; its pin stays off.</summary>
    public static void Enable<TAccess>(ref TAccess access, PciDevice device)
        where TAccess : IPciAccess
    {
        ushort spaces = 0;
        for (var i = 0; i < PciFunction.MaxBars; i++)
        {
            if (device.Bar(i).IsUsable)
                spaces |= device.Bar(i).IsIo ? PciCommand.Io : PciCommand.Memory;
        }

        SetCommand(ref access, device, (ushort)(spaces | PciCommand.Master | PciCommand.PinDisabled));
    }

    /// <summary>Programs the only message of a function without MSI-X.</summary>
    /// <returns>False where the function has no messages of this kind.</returns>
    public static bool TrySetMessage<TAccess>(ref TAccess access, PciDevice device, ulong address, uint data)
        where TAccess : IPciAccess
    {
        var msi = (int)device.Capabilities.Msi;
        if (msi == 0)
            return false;

        var control = PciAccess.Read16(ref access, device.Address, msi + (int)Msi.Control);
        if (!Msi.Is64(control) && address > uint.MaxValue)
            return false;

        PciAccess.Write16(ref access, device.Address, msi + (int)Msi.Control, Msi.WithOne(control, false), 0);
        access.Write(device.Address, msi + (int)Msi.Address, (uint)address);
        if (Msi.Is64(control))
            access.Write(device.Address, msi + (int)Msi.Address + sizeof(uint), (uint)(address >> 32));

        PciAccess.Write16(ref access, device.Address, msi + (int)Msi.Data(control), (ushort)data, 0);
        if (Msi.Mask(control) != 0)
            access.Write(device.Address, msi + (int)Msi.Mask(control), 0);

        PciAccess.Write16(ref access, device.Address, msi + (int)Msi.Control, Msi.WithOne(control, true), 0);
        return true;
    }

    /// <summary>Where the table of a function with MSI-X lies; false where it has none, or one that is not in its registers.</summary>
    /// <param name="access">Configuration space.</param>
    /// <param name="device">The function.</param>
    /// <param name="bar">The register.</param>
    /// <param name="offset">Offset of the table, in bytes.</param>
    /// <param name="entries">Number of entries.</param>
    public static bool TryFindTable<TAccess>(ref TAccess access, PciDevice device, out int bar, out uint offset, out uint entries)
        where TAccess : IPciAccess
    {
        bar = 0;
        offset = entries = 0;
        var capability = (int)device.Capabilities.MsiX;
        if (capability == 0)
            return false;

        var location = access.Read(device.Address, capability + (int)MsiX.Table);
        bar = MsiX.Bar(location);
        offset = MsiX.Offset(location);
        entries = MsiX.Entries(PciAccess.Read16(ref access, device.Address, capability + (int)MsiX.Control));
        var registers = device.Bar(bar);
        return registers.IsUsable && !registers.IsIo && offset + (ulong)entries * MsiX.EntrySize <= registers.Size;
    }

    /// <summary>Writes an entry of the table; the function's messages are switched on.</summary>
    public static void SetMessage<TAccess, TRegisters>(
        ref TAccess access, PciDevice device, TRegisters table, int entry, ulong address, uint data)
        where TAccess : IPciAccess
        where TRegisters : struct, IRegisters
    {
        var at = entry * (int)MsiX.EntrySize;
        table.Write32(at + 12, 1);
        table.Write32(at, (uint)address);
        table.Write32(at + 4, (uint)(address >> 32));
        table.Write32(at + 8, data);
        table.Write32(at + 12, 0);
        var control = device.Capabilities.MsiX + (int)MsiX.Control;
        var value = PciAccess.Read16(ref access, device.Address, control);
        PciAccess.Write16(ref access, device.Address, control, (ushort)(value & ~MsiX.MaskAll | MsiX.Enable), 0);
    }

    private static void DisableMessages<TAccess>(ref TAccess access, PciDevice device)
        where TAccess : IPciAccess
    {
        if (device.Capabilities.Msi != 0)
        {
            var control = device.Capabilities.Msi + (int)Msi.Control;
            PciAccess.Write16(ref access, device.Address, control, Msi.WithOne(PciAccess.Read16(ref access, device.Address, control), false), 0);
        }

        if (device.Capabilities.MsiX != 0)
        {
            var control = device.Capabilities.MsiX + (int)MsiX.Control;
            var value = PciAccess.Read16(ref access, device.Address, control);
            PciAccess.Write16(ref access, device.Address, control, (ushort)(value & ~MsiX.Enable), 0);
        }
    }

    // Into D3hot and back resets a function that does not say it keeps its state. PCI Power Management 1.2, section 5.4.
    private static bool TryPowerCycle<TAccess, TClock>(ref TAccess access, TClock clock, PciDevice device)
        where TAccess : IPciAccess
        where TClock : IClock
    {
        if (device.Capabilities.Power == 0)
            return false;

        var control = device.Capabilities.Power + PowerControl;
        var value = (ushort)(PciAccess.Read16(ref access, device.Address, control) & ~PowerStatus);
        if ((value & PowerNoReset) != 0)
            return false;

        PciAccess.Write16(ref access, device.Address, control, (ushort)(value & ~PowerStateMask | PowerD3), 0);
        Pause(clock, PowerTime);
        PciAccess.Write16(ref access, device.Address, control, (ushort)(value & ~PowerStateMask), 0);
        Pause(clock, PowerTime);
        return true;
    }

    private static void SetCommand<TAccess>(ref TAccess access, PciDevice device, ushort command)
        where TAccess : IPciAccess => PciAccess.Write16(ref access, device.Address, (int)PciOffset.Command, command);

    private static void Pause<TClock>(TClock clock, ulong time)
        where TClock : IClock
    {
        var start = clock.Now;
        while (clock.Now - start < time)
        {
        }
    }
}
