using Kilonova.Formats.Acpi;

namespace Kilonova.Kernel;

/// <summary>
/// The local APIC of each CPU (SDM volume 3, chapter 11): memory-mapped, or as x2APIC by model-specific registers. The boot CPU decides
/// which; all CPUs are alike.
/// </summary>
public static unsafe class LocalApic
{
    private const uint Id = 0x02;
    private const uint Version = 0x03;
    private const uint TaskPriority = 0x08;
    private const uint EndOfInterrupt = 0x0b;
    private const uint SpuriousVector = 0x0f;
    private const uint ErrorStatus = 0x28;
    private const uint InterruptCommand = 0x30;
    private const uint InterruptCommandHigh = 0x31;
    private const uint LvtTimer = 0x32;
    private const uint LvtThermal = 0x33;
    private const uint LvtPerformance = 0x34;
    private const uint LvtLint0 = 0x35;
    private const uint LvtLint1 = 0x36;
    private const uint LvtError = 0x37;
    private const uint InitialCount = 0x38;
    private const uint CurrentCount = 0x39;
    private const uint DivideConfiguration = 0x3e;

    private const ulong BaseEnable = 1ul << 11;
    private const ulong BaseX2Apic = 1ul << 10;
    private const ulong BaseAddressMask = 0x000f_ffff_ffff_f000;

    private const uint SoftwareEnable = 1u << 8;
    private const uint Masked = 1u << 16;
    private const uint TscDeadlineMode = 2u << 17;
    private const uint DivideBy1 = 0xb;
    private const uint LargestLvtMask = 0xff;

    private const uint DeliveryNmi = 4u << 8;
    private const uint DeliveryInit = 5u << 8;
    private const uint DeliveryStartup = 6u << 8;
    private const uint Assert = 1u << 14;
    private const uint Level = 1u << 15;
    private const uint Pending = 1u << 12;
    private const uint AllButSelf = 3u << 18;

    private const uint MessageBase = 0xfee0_0000;
    private const uint LargestIdOfMessages = 254;
    private const int Patience = 1_000_000;

    private static bool s_x2Apic;
    private static bool s_deadline;
    private static nint s_registers;
    private static ulong s_timerRatio;
    private static uint s_nmiPins;

    /// <summary>Whether the boot CPU's APIC works, so that others can be reached.</summary>
    public static bool IsInitialized { get; private set; }

    /// <summary>Whether CPUs with an ID beyond 254 can be reached.</summary>
    public static bool IsX2Apic => s_x2Apic;

    /// <summary>Physical address of the registers.</summary>
    public static ulong Physical { get; private set; }

    /// <summary>Boot CPU: chooses the mode and maps the registers.</summary>
    public static void Detect()
    {
        ulong value = Msr.Read(Msr.IA32_APIC_BASE);
        Physical = value & BaseAddressMask;
        bool wanted = !KernelOptions.NoX2Apic && !Platform.OptsOutOfX2Apic;
        s_x2Apic = CpuFeatures.HasX2Apic && (wanted || (value & BaseX2Apic) != 0);
        s_deadline = CpuFeatures.HasTscDeadline;
        if (!s_x2Apic)
            s_registers = KernelSpace.MapMmio(Physical, 0x1000);

        FindNmiPins();
    }

    /// <summary>Every CPU: enables its APIC with the timer stopped, and notes the ID.</summary>
    public static void Initialize(Cpu* cpu)
    {
        ulong value = Msr.Read(Msr.IA32_APIC_BASE) | BaseEnable;
        Msr.Write(Msr.IA32_APIC_BASE, value);
        if (s_x2Apic)
        {
            // Only from enabled xAPIC mode.
            Msr.Write(Msr.IA32_APIC_BASE, value | BaseX2Apic);
        }

        cpu->Arch.ApicId = s_x2Apic ? Read(Id) : Read(Id) >> 24;
        uint last = (Read(Version) >> 16) & LargestLvtMask;
        Write(TaskPriority, 0);
        Write(SpuriousVector, SoftwareEnable | Vectors.Spurious);
        Write(LvtTimer, Masked | Vectors.Timer);
        Write(LvtLint0, (s_nmiPins & 1) != 0 ? DeliveryNmi : Masked);
        Write(LvtLint1, (s_nmiPins & 2) != 0 ? DeliveryNmi : Masked);
        if (last >= 4)
            Write(LvtPerformance, Masked);

        if (last >= 5)
            Write(LvtThermal, Masked);

        Write(LvtError, Vectors.Error);
        Write(ErrorStatus, 0);
        Write(DivideConfiguration, DivideBy1);
        Write(InitialCount, 0);
        Write(LvtTimer, s_deadline ? TscDeadlineMode | Vectors.Timer : Vectors.Timer);
        if (s_deadline)
        {
            // The mode must have changed before the deadline can be written (SDM volume 3, section 11.5.4.1).
            Msr.WriteOrdered(Msr.IA32_TSC_DEADLINE, 0);
        }

        IsInitialized = true;
    }

    /// <summary>Boot CPU, with the STC's frequency known: measures the timer's, unless deadlines are in STC ticks anyway.</summary>
    public static void Calibrate()
    {
        if (s_deadline)
        {
            Log.Info("local timers take STC deadlines"u8);
            return;
        }

        ulong duration = Machine.MillisecondsToTicks(10);
        Write(LvtTimer, Masked | Vectors.Timer);
        Write(InitialCount, uint.MaxValue);
        ulong start = Tsc.ReadOrdered();
        ulong startCount = Read(CurrentCount);
        Tsc.Wait(duration);
        ulong count = startCount - Read(CurrentCount);
        ulong elapsed = Tsc.ReadOrdered() - start;
        Write(InitialCount, 0);
        Write(LvtTimer, Vectors.Timer);
        ulong hertz = Calibration.Frequency(count, elapsed, Machine.Frequency);
        Panic.Require(hertz >= 1_000_000, "the local APIC's timer does not run"u8);

        s_timerRatio = Calibration.Ratio(hertz, Machine.Frequency);
        Log.Line(LogLevel.Info, "local timers at % Hz"u8, hertz);
    }

    /// <summary>
    /// Lets the timer of this CPU interrupt (<see cref="Vectors.Timer"/>) when the STC has reached a value, at once if it has. The
    /// interrupt may come early if the time is very far away. <see cref="ulong.MaxValue"/> stops the timer.
    /// </summary>
    public static void SetTimer(ulong deadline)
    {
        if (s_deadline)
        {
            // 0 would disarm, ulong.MaxValue never comes.
            Msr.WriteOrdered(Msr.IA32_TSC_DEADLINE, deadline == ulong.MaxValue ? 0 : Math.Max(deadline, 1));
            return;
        }

        ulong now = Tsc.Read();
        Write(InitialCount, deadline == ulong.MaxValue ? 0 : deadline <= now ? 1 : Calibration.Count(deadline - now, s_timerRatio));
    }

    /// <summary>Ends the interrupt that is being served.</summary>
    public static void Eoi() => Write(EndOfInterrupt, 0);

    /// <summary>The error interrupt: counts, and reports the first.</summary>
    public static void HandleError()
    {
        Write(ErrorStatus, 0);
        uint errors = Read(ErrorStatus);
        if (Cpu.This->Arch.ApicErrors++ == 0)
            Log.Line(LogLevel.Warning, "local APIC error $"u8, errors);
    }

    /// <summary>Interrupts another CPU, or this one.</summary>
    public static void SendIpi(uint cpu, uint vector) => Send(Cpu.Of(cpu)->Arch.ApicId, Assert | vector);

    /// <summary>Sends an NMI to all CPUs but this one, also to those that the kernel did not start.</summary>
    public static void SendNmiToOthers() => Send(0, AllButSelf | Assert | DeliveryNmi);

    /// <summary>Sends an NMI to the CPU with an APIC ID.</summary>
    public static void SendNmi(uint apicId) => Send(apicId, Assert | DeliveryNmi);

    /// <summary>Resets the CPU with an APIC ID, so that it waits for <see cref="SendStartup"/>.</summary>
    public static void SendInit(uint apicId)
    {
        Send(apicId, DeliveryInit | Assert | Level);
        Send(apicId, DeliveryInit | Level);
    }

    /// <summary>Starts a waiting CPU at a page below 1 MiB.</summary>
    public static void SendStartup(uint apicId, ulong page) => Send(apicId, DeliveryStartup | Assert | (uint)(page >> 12));

    /// <summary>
    /// The address of a message that interrupts a CPU; its data is the vector. 0 if the CPU cannot be addressed without interrupt
    /// remapping.
    /// </summary>
    public static uint MessageAddress(uint cpu)
    {
        uint id = Cpu.Of(cpu)->Arch.ApicId;
        return id > LargestIdOfMessages ? 0 : MessageBase | (id << 12);
    }

    private static void Send(uint apicId, uint command)
    {
        if (s_x2Apic)
        {
            Msr.WriteOrdered(Msr.X2APIC_BASE + InterruptCommand, ((ulong)apicId << 32) | command);
            return;
        }

        WaitIdle();
        Write(InterruptCommandHigh, apicId << 24);
        Write(InterruptCommand, command);
        WaitIdle();
    }

    private static void WaitIdle()
    {
        for (int i = 0; i < Patience && (Read(InterruptCommand) & Pending) != 0; i++)
            Tlb.Pause();
    }

    /// <summary>Which of the two local pins are wired to NMI; LINT1 if firmware does not say.</summary>
    private static void FindNmiPins()
    {
        ReadOnlySpan<byte> table = Platform.Madt;
        uint cursor = 0;
        for (ReadOnlySpan<byte> entry = Madt.Next(table, ref cursor); !entry.IsEmpty; entry = Madt.Next(table, ref cursor))
        {
            if (Madt.Type(entry) is MadtType.LocalApicNmi or MadtType.LocalX2ApicNmi)
                s_nmiPins |= 1u << (Madt.LocalNmiPin(entry) & 1);
        }

        s_nmiPins = s_nmiPins == 0 ? 2 : s_nmiPins;
    }

    private static uint Read(uint register) =>
        s_x2Apic ? (uint)Msr.Read(Msr.X2APIC_BASE + register) : Mmio.Read32(s_registers + (nint)(register << 4));

    private static void Write(uint register, uint value)
    {
        if (s_x2Apic)
            Msr.Write(Msr.X2APIC_BASE + register, value);
        else
            Mmio.Write32(s_registers + (nint)(register << 4), value);
    }
}

/// <summary>Interrupts between CPUs.</summary>
public static class Ipi
{
    /// <summary>Interrupts another CPU, or this one. Stores before it are visible to the handler.</summary>
    public static void Send(uint cpu, uint vector) => LocalApic.SendIpi(cpu, vector);
}
