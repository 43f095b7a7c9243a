using Kilonova.Formats.Acpi;

namespace Kilonova.Kernel;

/// <summary>
/// Starts the other CPUs (SDM volume 3, section 9.4.4): INIT to all, then one start-up interrupt after the other. A CPU that answers
/// takes its stack from the trampoline's claim field, which exists once; one that does not answer in time is reported and skipped, and
/// finds no claim should it wake up late. Numbers are dense, in the order of the MADT. CPUs that are ready wait halted, so that they cost
/// nothing where CPUs are emulated.
/// </summary>
public static unsafe class Smp
{
    /// <summary>States of a CPU; it goes from one to the next itself.</summary>
    private const uint Absent = 0;
    private const uint Ready = 1;
    private const uint Waiting = 2;
    private const uint Running = 3;
    private const uint Unequal = 4;

    private const ulong TrampolineLimit = 0xa_0000;
    private const uint PageSize = 4096;
    private const uint SyncRounds = 16;
    private const ulong SyncEnd = ulong.MaxValue;
    private const uint StateTimeoutMilliseconds = 10_000;

    private static TrampolineFields* s_trampoline;
    private static ulong s_trampolinePage;
    private static uint s_released;
    private static uint s_skipped;

    /// <summary>
    /// Boot CPU: starts all CPUs that the MADT lists and that the options allow; sets <see cref="Machine.CpuCount"/>. They wait until
    /// <see cref="Release"/>.
    /// </summary>
    public static void StartAll()
    {
        Machine.BootCpu = 0;
        Machine.CpuCount = 1;
        ulong start = Tsc.Read();
        uint cursor = 0;
        if (KernelOptions.MaxCpus > 1 && NextOther(ref cursor, out _))
        {
            s_trampolinePage = MemoryMap.HighestPageBelow(TrampolineLimit);
            if (s_trampolinePage == 0)
            {
                Log.Warning("no RAM below 640 KiB to start other CPUs: one must do"u8);
                return;
            }

            Start();
        }

        Log.Begin(LogLevel.Info);
        Log.Write("% CPUs"u8, Machine.CpuCount);
        if (s_skipped != 0)
            Log.Write(", % skipped"u8, s_skipped);

        Log.Write(", started in % ms"u8, (Tsc.Read() - start) / Machine.MillisecondsToTicks(1));
        Log.End();
    }

    /// <summary>Boot CPU: lets all others enter the kernel proper.</summary>
    public static void Release()
    {
        Volatile.Write(ref s_released, 1);
        for (uint i = 1; i < Machine.CpuCount; i++)
            Await(Cpu.Of(i), Running);
    }

    /// <summary>Whether an NMI is the one that ends the wait for <see cref="Release"/>.</summary>
    public static bool IsWakeUp(Cpu* cpu) => cpu->Number != 0 && cpu->Arch.State is Ready or Waiting;

    private static void Start()
    {
        // What lies in the page may be the boot loader's: it comes back afterwards.
        byte* page = (byte*)DirectMap.ToVirtual(s_trampolinePage);
        void* saved = DirectMap.ToVirtual(EarlyMemory.Allocate(1));
        Memory.Copy(saved, page, PageSize);
        ImageLayout* image = ImageLayout.Get();
        Memory.Copy(page, (void*)image->TrampolineStart, (nuint)(image->TrampolineEnd - image->TrampolineStart));
        s_trampoline = (TrampolineFields*)(page + TrampolineFields.Offset);
        s_trampoline->Entry = image->SmpEntry;
        s_trampoline->Tables = KernelSpace.PrepareBootTables();
        s_trampoline->Efer = (uint)CpuFeatures.Efer;
        s_trampoline->Cr0 = (uint)Cr.ReadCr0();

        uint cursor = 0;
        while (NextOther(ref cursor, out uint id))
        {
            if (CanReach(id))
                LocalApic.SendInit(id);
            else
                Skip(id, "its ID needs x2APIC"u8);
        }

        Tsc.Wait(Machine.MillisecondsToTicks(10));
        cursor = 0;
        while (NextOther(ref cursor, out uint id))
        {
            if (CanReach(id) && Machine.CpuCount < KernelOptions.MaxCpus && !IsRunning(id))
                StartOne(id);
        }

        Memory.Copy(page, saved, PageSize);
    }

    /// <summary>Walks the CPUs that the MADT lists as usable, this one left out. The cursor is 0 at first; false at the end.</summary>
    private static bool NextOther(scoped ref uint cursor, out uint id)
    {
        ReadOnlySpan<byte> table = Platform.Madt;
        for (ReadOnlySpan<byte> entry = Madt.Next(table, ref cursor); !entry.IsEmpty; entry = Madt.Next(table, ref cursor))
        {
            id = Madt.ProcessorApicId(entry);
            if (Madt.IsUsableProcessor(entry) && id != Cpu.This->Arch.ApicId)
                return true;
        }

        id = 0;
        return false;
    }

    private static bool CanReach(uint id) => LocalApic.IsX2Apic || id < 255;

    /// <summary>Whether a CPU has been started already: firmware may list one twice, in both forms.</summary>
    private static bool IsRunning(uint id)
    {
        for (uint i = 0; i < Machine.CpuCount; i++)
        {
            if (Cpu.Of(i)->Arch.ApicId == id)
                return true;
        }

        return false;
    }

    private static void StartOne(uint id)
    {
        uint number = Machine.CpuCount;
        if (!KernelSpace.TryMakeArea(number))
        {
            Skip(id, "no memory"u8);
            return;
        }

        Cpu* cpu = Cpu.Of(number);
        cpu->Self = cpu;
        cpu->Number = number;
        cpu->StackTop = (ulong)cpu + Descriptors.AreaStackEnd;
        cpu->FrameEnd = cpu->StackTop;
        cpu->Arch.ApicId = id;
        cpu->Arch.State = Absent;
        Volatile.Write(ref s_trampoline->Claim, cpu->StackTop);

        LocalApic.SendStartup(id, s_trampolinePage);
        if (!WaitForClaim(200))
        {
            LocalApic.SendStartup(id, s_trampolinePage);
            _ = WaitForClaim(1_000_000);
        }

        // Whoever takes the claim first, wins.
        if (Interlocked.Exchange(ref s_trampoline->Claim, 0) != 0)
        {
            KernelSpace.ReuseArea(number);
            Skip(id, "it does not answer"u8);
            return;
        }

        // There is no way back for a CPU that has taken its number.
        Await(cpu, Ready);
        Synchronize(cpu);
        Await(cpu, Waiting);
        Machine.CpuCount = number + 1;
    }

    private static bool WaitForClaim(uint microseconds)
    {
        ulong start = Tsc.Read();
        ulong duration = Machine.MicrosecondsToTicks(microseconds);
        while (Volatile.Read(ref s_trampoline->Claim) != 0)
        {
            if (Tsc.Read() - start > duration)
                return false;

            Tlb.Pause();
        }

        return true;
    }

    /// <summary>
    /// Waits until a CPU has come to a state. An NMI ends the halt before the last one; it is repeated, since one that comes just before the
    /// halt is lost.
    /// </summary>
    private static void Await(Cpu* cpu, uint state)
    {
        ulong start = Tsc.Read();
        ulong sent = 0;
        while (Volatile.Read(ref cpu->Arch.State) != state)
        {
            ulong now = Tsc.Read();
            Panic.Require(Volatile.Read(ref cpu->Arch.State) != Unequal, "a CPU lacks features of the boot CPU"u8);

            Panic.Require(
                now - start <= Machine.MillisecondsToTicks(StateTimeoutMilliseconds), "a CPU has started and then stopped answering"u8);

            if (state == Running && now - sent > Machine.MillisecondsToTicks(2))
            {
                sent = now;
                LocalApic.SendNmi(cpu->Arch.ApicId);
            }

            Tlb.Pause();
        }
    }

    /// <summary>
    /// Measures a CPU's time-stamp counter against this one's: it lies between two readings here. The shortest round of several tells
    /// most, and a short one enough. A counter outside of that is reported.
    /// </summary>
    private static void Synchronize(Cpu* cpu)
    {
        ArchCpu* other = &cpu->Arch;
        ulong shortest = ulong.MaxValue;
        long skew = 0;
        ulong enough = Machine.MicrosecondsToTicks(10);
        for (uint round = 1; round <= SyncRounds && shortest > enough; round++)
        {
            Volatile.Write(ref other->SyncAnswer, 0);
            ulong before = Tsc.ReadOrdered();
            Volatile.Write(ref other->SyncRequest, round);
            ulong answer = Volatile.Read(ref other->SyncAnswer);
            while (answer == 0)
            {
                Tlb.Pause();
                answer = Volatile.Read(ref other->SyncAnswer);
            }

            ulong after = Tsc.ReadOrdered();
            if (after - before < shortest)
            {
                shortest = after - before;
                skew = (long)(answer - before) < 0 ? (long)(answer - before) : (long)(answer - after) > 0 ? (long)(answer - after) : 0;
            }
        }

        Volatile.Write(ref other->SyncRequest, SyncEnd);
        if (skew != 0)
        {
            Log.Begin(LogLevel.Warning);
            Log.Write("the STC of CPU %"u8, cpu->Number);
            Log.Write(skew < 0 ? " is behind by % ticks"u8 : " is ahead by % ticks"u8, (ulong)(skew < 0 ? -skew : skew));
            Log.End();
        }
    }

    /// <summary>Where another CPU enters C#, on its own stack but still on the boot tables.</summary>
    [RuntimeExport("smp_start")]
    private static void Enter()
    {
        Cpu* cpu = Cpu.This;
        Tlb.WriteCr3(KernelSpace.Root);
        if (!CpuFeatures.IsEqual())
        {
            Volatile.Write(ref cpu->Arch.State, Unequal);
            Processor.Halt();
        }

        CpuFeatures.Enable();
        Descriptors.Load(cpu);
        Descriptors.EnableSystemCalls();
        MachineChecks.Enable();
        LocalApic.Initialize(cpu);
        if (CpuFeatures.HasTscAdjust)
        {
            // Firmware sometimes sets it on some CPUs only; the boot CPU's value holds for all.
            Msr.Write(Msr.IA32_TSC_ADJUST, Boot.TscAdjust);
        }

        Volatile.Write(ref cpu->Arch.State, Ready);
        ulong answered = 0;
        while (answered != SyncEnd)
        {
            ulong request = Volatile.Read(ref cpu->Arch.SyncRequest);
            if (request != answered)
            {
                answered = request;
                Volatile.Write(ref cpu->Arch.SyncAnswer, Tsc.ReadOrdered());
            }

            Tlb.Pause();
        }

        Volatile.Write(ref cpu->Arch.State, Waiting);
        while (Volatile.Read(ref s_released) == 0)
            Processor.WaitForNmi();

        Volatile.Write(ref cpu->Arch.State, Running);
        KernelStart.Run(cpu);
    }

    private static void Skip(uint id, ReadOnlySpan<byte> reason)
    {
        s_skipped++;
        Log.Begin(LogLevel.Warning);
        Log.Write("the CPU with APIC ID % is skipped: "u8, id);
        Log.Write(reason);
        Log.End();
    }

    /// <summary>The fields at the front of trampoline.S.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TrampolineFields
    {
        public const int Offset = 8;

        public ulong Claim;
        public ulong Entry;
        public ulong Tables;
        public uint Efer;
        public uint Cr0;
    }
}
