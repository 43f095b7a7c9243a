namespace Kilonova.Kernel;

/// <summary>The machine-check architecture (SDM volume 3, chapter 15): errors of memory, buses and caches that hardware finds.</summary>
public static class MachineChecks
{
    private const uint BankStride = 4;
    private const ulong ControlPresent = 1ul << 8;
    private const ulong StatusValid = 1ul << 63;
    private const ulong StatusAddressValid = 1ul << 58;

    /// <summary>Every CPU: reports all errors by #MC. What firmware left in the banks is dropped.</summary>
    public static void Enable()
    {
        if (!CpuFeatures.HasMachineCheck || !Msr.TryRead(Msr.IA32_MCG_CAP, out ulong capabilities))
            return;

        if ((capabilities & ControlPresent) != 0)
            _ = Msr.TryWrite(Msr.IA32_MCG_CTL, ulong.MaxValue);

        for (uint bank = 0; bank < (capabilities & 0xff); bank++)
        {
            _ = Msr.TryWrite(Msr.IA32_MC0_CTL + (bank * BankStride), ulong.MaxValue);
            _ = Msr.TryWrite(Msr.IA32_MC0_STATUS + (bank * BankStride), 0);
        }
    }

    /// <summary>Prints what the banks of this CPU hold.</summary>
    public static void Print()
    {
        if (!Msr.TryRead(Msr.IA32_MCG_CAP, out ulong capabilities) || !Msr.TryRead(Msr.IA32_MCG_STATUS, out ulong global))
            return;

        Log.Line(LogLevel.Error, "  MCG_STATUS @"u8, global);
        for (uint bank = 0; bank < (capabilities & 0xff); bank++)
        {
            if (!Msr.TryRead(Msr.IA32_MC0_STATUS + (bank * BankStride), out ulong status) || (status & StatusValid) == 0)
                continue;

            ulong address = 0;
            _ = (status & StatusAddressValid) != 0 && Msr.TryRead(Msr.IA32_MC0_ADDR + (bank * BankStride), out address);
            Log.Line(LogLevel.Error, "  bank % STATUS @ ADDR @"u8, bank, status, address);
        }
    }
}
