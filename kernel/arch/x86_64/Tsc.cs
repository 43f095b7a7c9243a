using Kilonova.Formats.Acpi;

namespace Kilonova.Kernel;

/// <summary>
/// The time-stamp counter, which is the STC (specification, section 3.1), and its frequency: asked of a hypervisor or the CPU where they
/// know it, else measured against HPET, ACPI timer or the 8254, whichever exists.
/// </summary>
public static unsafe class Tsc
{
    private const uint HypervisorLeaf = 0x4000_0000;
    private const uint HypervisorTimingLeaf = 0x4000_0010;
    private const uint CrystalLeaf = 0x15;
    private const ulong Megahertz = 1_000_000;

    private const ulong PmTimerHertz = 3_579_545;
    private const ulong PitHertz = 1_193_182;

    private const uint HpetCapabilities = 0x00;
    private const uint HpetConfiguration = 0x10;
    private const uint HpetCounter = 0xf0;
    private const ulong HpetEnable = 1;

    private const ushort PitChannel2 = 0x42;
    private const ushort PitCommand = 0x43;
    private const ushort PitGate = 0x61;

    /// <summary>Measured for at least this long, in parts of a second; the 8254 wraps after 18.</summary>
    private const uint PartOfSecond = 40;

    /// <summary>A reference that has not reached its target after this many readings, of 0.1 us or more each, stands still.</summary>
    private const uint Patience = 20_000_000;

    private enum Reference
    {
        Hpet,
        PmTimer,
        Pit,
    }

    private static nint s_hpet;
    private static ulong s_hpetHertz;
    private static int s_hpetBits;
    private static ushort s_pmTimer;
    private static int s_pmTimerBits;

    /// <summary>The counter's value.</summary>
    [RuntimeImport("*", "tsc_read"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong Read();

    /// <summary>The counter's value, neither earlier nor later than the code around it.</summary>
    [RuntimeImport("*", "tsc_read_ordered"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadOrdered();

    /// <summary>Lets a number of ticks go by.</summary>
    public static void Wait(ulong ticks)
    {
        ulong start = Read();
        while (Read() - start < ticks)
            Tlb.Pause();
    }

    /// <summary>Boot CPU: finds the frequency. Stops the machine if nothing tells it.</summary>
    public static void Calibrate()
    {
        FindTimers();
        ulong hertz = FromHypervisor();
        ReadOnlySpan<byte> source = "the hypervisor"u8;
        if (hertz == 0)
        {
            hertz = FromCpu();
            source = "the CPU"u8;
        }

        for (Reference reference = Reference.Hpet; hertz == 0 && reference <= Reference.Pit; reference++)
        {
            hertz = Measure(reference);
            source = NameOf(reference);
        }

        Panic.Require(hertz >= Megahertz, "no timer tells the frequency of the time-stamp counter"u8);

        Machine.SetFrequency(hertz);
        Log.Begin(LogLevel.Info);
        Log.Write("STC at % Hz, says "u8, hertz);
        Log.Write(source);
        Log.Write(CpuFeatures.HasInvariantTsc || CpuFeatures.HasHypervisor ? ""u8 : "; it may not keep its rate (no invariant TSC)"u8);
        Log.End();
    }

    private static ulong FromHypervisor()
    {
        if (!CpuFeatures.HasHypervisor)
            return 0;

        Cpuid leaf;
        Cpuid.Read(HypervisorLeaf, 0, &leaf);
        if (leaf.Eax is < HypervisorTimingLeaf or > HypervisorLeaf + 0xffff)
            return 0;

        Cpuid.Read(HypervisorTimingLeaf, 0, &leaf);
        return leaf.Eax * 1000ul;
    }

    private static ulong FromCpu()
    {
        if (!CpuFeatures.IsIntel || CpuFeatures.LastLeaf < CrystalLeaf)
            return 0;

        // Without the crystal's frequency the base frequency of CPUID.16h would do, but it is rounded to MHz: better measured.
        Cpuid leaf;
        Cpuid.Read(CrystalLeaf, 0, &leaf);
        return Calibration.FromCrystal(leaf.Eax, leaf.Ebx, leaf.Ecx);
    }

    private static void FindTimers()
    {
        ReadOnlySpan<byte> table = Platform.Hpet;
        if (!table.IsEmpty)
        {
            s_hpet = KernelSpace.MapMmio(Hpet.Address(table), 0x400);
            ulong capabilities = ReadHpet(HpetCapabilities);
            s_hpetHertz = Calibration.HpetFrequency((uint)(capabilities >> 32));
            s_hpetBits = (capabilities & (1ul << 13)) != 0 ? 64 : 32;
            *(ulong*)(s_hpet + (nint)HpetConfiguration) = ReadHpet(HpetConfiguration) | HpetEnable;
        }

        table = Platform.Fadt;
        s_pmTimer = table.IsEmpty ? (ushort)0 : Fadt.PmTimerPort(table);
        s_pmTimerBits = !table.IsEmpty && Fadt.IsPmTimer32(table) ? 32 : 24;
    }

    /// <summary>The counter's frequency by a reference; 0 if that does not exist or does not run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Measure(Reference reference)
    {
        ulong hertz = HertzOf(reference);
        int bits = BitsOf(reference);
        if (hertz == 0)
            return 0;

        if (reference == Reference.Pit)
            StartPit();

        ulong target = hertz / PartOfSecond;
        ulong startTicks = Sample(reference, out ulong start);
        for (uint i = 0; i < Patience; i++)
        {
            ulong ticks = ReadReference(reference);
            if (Calibration.Advance(startTicks, ticks, bits) >= target)
            {
                ticks = Sample(reference, out ulong end);
                return Calibration.Frequency(end - start, Calibration.Advance(startTicks, ticks, bits), hertz);
            }
        }

        return 0;
    }

    private static ReadOnlySpan<byte> NameOf(Reference reference) => reference switch
    {
        Reference.Hpet => "HPET"u8,
        Reference.PmTimer => "the ACPI timer"u8,
        _ => "the 8254 timer"u8,
    };

    private static ulong HertzOf(Reference reference) => reference switch
    {
        Reference.Hpet => s_hpetHertz,
        Reference.PmTimer => s_pmTimer == 0 ? 0 : PmTimerHertz,
        _ => PitHertz,
    };

    private static int BitsOf(Reference reference) => reference switch
    {
        Reference.Hpet => s_hpetBits,
        Reference.PmTimer => s_pmTimerBits,
        _ => 16,
    };

    /// <summary>Reads reference and counter together: the best of a few attempts, should one be interrupted.</summary>
    private static ulong Sample(Reference reference, out ulong tsc)
    {
        ulong ticks = 0;
        ulong shortest = ulong.MaxValue;
        tsc = 0;
        for (int i = 0; i < 5; i++)
        {
            ulong before = ReadOrdered();
            ulong value = ReadReference(reference);
            ulong after = ReadOrdered();
            if (after - before < shortest)
            {
                shortest = after - before;
                ticks = value;
                tsc = before + (shortest / 2);
            }
        }

        return ticks;
    }

    private static ulong ReadReference(Reference reference) => reference switch
    {
        Reference.Hpet => ReadHpet(HpetCounter),
        Reference.PmTimer => Port.Read32(s_pmTimer),
        _ => ReadPit(),
    };

    private static ulong ReadHpet(uint register) => *(ulong*)(s_hpet + (nint)register);

    /// <summary>Channel 2 counts down from 2^16, with the speaker off.</summary>
    private static void StartPit()
    {
        Port.Write8(PitGate, (byte)((Port.Read8(PitGate) & ~2) | 1));
        Port.Write8(PitCommand, 0xb0);
        Port.Write8(PitChannel2, 0);
        Port.Write8(PitChannel2, 0);
    }

    /// <summary>Counts up, as the others.</summary>
    private static ulong ReadPit()
    {
        Port.Write8(PitCommand, 0x80);
        uint low = Port.Read8(PitChannel2);
        return 0xffff - (low | ((uint)Port.Read8(PitChannel2) << 8));
    }
}
