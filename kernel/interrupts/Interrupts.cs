namespace Kilonova.Kernel;

/// <summary>An interrupt source: a pin of an I/O APIC, or a message-signalled interrupt. It is signalled on its semaphore.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Interrupt
{
    /// <summary>Counts the interrupts. The table holds a reference for ever.</summary>
    public Semaphore* Semaphore;

    /// <summary>Where it is delivered. Valid if <see cref="Vector"/> is not 0.</summary>
    public uint CpuNumber;

    /// <summary>The vector on that CPU; 0 before the first assign_int.</summary>
    public byte Vector;

    /// <summary>1: level triggered. It stays masked from delivery until the driver's next Down.</summary>
    public byte Level;

    public byte ActiveLow;

    /// <summary>1: the driver wants it masked (assign_int).</summary>
    public byte Masked;

    /// <summary>1: not let through before the driver's next Down: delivered (level triggered), or too often without one.</summary>
    public byte InService;

    /// <summary>Delivered since the driver's last Down.</summary>
    public ushort Unseen;

    /// <summary>The requester that may send it, see <see cref="Iommu.AnySource"/> (message-signalled only).</summary>
    public ulong Device;
}

/// <summary>
/// The machine's interrupts as semaphores: pins first, then messages. Every CPU has its own vectors, so that the number of interrupts is
/// bounded by CPUs times vectors, not by vectors.
/// </summary>
/// <remarks>
/// <see cref="s_lock"/> guards routes and vector maps. A CPU that takes an interrupt reads its own map without the lock: an entry is
/// published by one store. An interrupt that moves leaves its old entry, so that what was under way on the old route is not lost.
/// </remarks>
public static unsafe partial class Interrupts
{
    /// <summary>So often an interrupt is delivered to a driver that does not look: then it is held back until it does.</summary>
    private const ushort MostUnseen = 4096;

    private static SpinLock s_lock;
    private static Interrupt* s_table;

    /// <summary>Number of pins, numbered from 0 by their global system interrupt.</summary>
    public static uint Pins { get; private set; }

    /// <summary>Number of message-signalled interrupts; they follow the pins.</summary>
    public static uint Messages { get; private set; }

    /// <summary>Called once at boot with a zeroed table in which every semaphore is set.</summary>
    public static void Initialize(Interrupt* table, uint pins, uint messages)
    {
        s_table = table;
        Pins = pins;
        Messages = messages;
    }

    public static Interrupt* Get(uint number) => s_table + number;

    /// <summary>Handles a vector that is no exception, on the CPU that took it.</summary>
    public static void Handle(Cpu* cpu, uint vector)
    {
        if (vector <= Vectors.LastDevice)
        {
            uint numberPlusOne = cpu->Vectors[(int)vector];
            if (numberPlusOne != 0)
                Signal(numberPlusOne - 1);

            LocalApic.Eoi();
        }
        else if (vector == Vectors.Timer)
        {
            LocalApic.Eoi();
            Timer.Expire(cpu);
        }
        else if (vector == Vectors.Remote)
        {
            LocalApic.Eoi();
            Interlocked.Or(ref cpu->Hazard, Hazard.Remote);
            Shootdown.Serve(cpu);
        }
        else if (vector == Vectors.Error)
        {
            LocalApic.HandleError();
            LocalApic.Eoi();
        }
        else if (vector == Vectors.Iommu)
        {
            LocalApic.Eoi();
            Iommu.HandleFaults();
        }
    }

    /// <summary>
    /// Configures an interrupt and routes it to a CPU (assign_int). BAD_CPU if that CPU is invalid or has no vector left.
    /// </summary>
    public static Status Assign(uint number, uint cpu, uint flags, ulong device, out uint address, out uint data)
    {
        address = 0;
        data = 0;
        if (cpu >= Machine.CpuCount)
            return Status.BAD_CPU;

        s_lock.Acquire();
        Interrupt* interrupt = s_table + number;
        if (interrupt->Vector == 0 || interrupt->CpuNumber != cpu)
        {
            uint vector = FreeVector(cpu);
            if (vector == 0)
            {
                s_lock.Release();
                return Status.BAD_CPU;
            }

            Cpu.Of(cpu)->Vectors[(int)vector] = (ushort)(number + 1);
            interrupt->CpuNumber = cpu;
            interrupt->Vector = (byte)vector;
        }

        interrupt->Masked = (flags & AssignIntFlags.Masked) != 0 ? (byte)1 : (byte)0;
        interrupt->Level = (flags & AssignIntFlags.Level) != 0 ? (byte)1 : (byte)0;
        interrupt->ActiveLow = (flags & AssignIntFlags.ActiveLow) != 0 ? (byte)1 : (byte)0;
        interrupt->InService = 0;
        interrupt->Unseen = 0;
        interrupt->Device = device;
        Program(number, interrupt);
        if (number >= Pins)
        {
            address = Iommu.RemapsInterrupts ? Iommu.MessageAddress(number) : LocalApic.MessageAddress(cpu);
            data = Iommu.RemapsInterrupts ? 0u : interrupt->Vector;
        }

        s_lock.Release();
        return Status.SUCCESS;
    }

    /// <summary>
    /// A driver waits for an interrupt: what it had before is acknowledged, so a level-triggered pin may fire again. False if the
    /// interrupt is delivered to another CPU.
    /// </summary>
    public static bool Acknowledge(uint number, uint cpu)
    {
        Interrupt* interrupt = s_table + number;
        if (interrupt->Vector == 0 || interrupt->CpuNumber != cpu)
            return interrupt->Vector == 0;

        interrupt->Unseen = 0;
        if (interrupt->InService != 0)
        {
            s_lock.Acquire();
            interrupt->InService = 0;
            Program(number, interrupt);
            s_lock.Release();
        }

        return true;
    }

    private static void Signal(uint number)
    {
        Interrupt* interrupt = s_table + number;
        bool level = number < Pins && interrupt->Level != 0;
        if (!level && interrupt->Masked != 0)
            return;

        if (level || ++interrupt->Unseen == MostUnseen)
        {
            s_lock.Acquire();
            interrupt->InService = 1;
            Program(number, interrupt);
            s_lock.Release();
            if (!level)
                Iommu.Report(interrupt->Device, DeviceFault.Storm, 0, number);
        }

        // A counter that is full has counted enough for its driver to look.
        _ = Semaphore.Up(interrupt->Semaphore);
    }

    /// <summary>Makes the pin, or the remapping of a message where there is any, follow. With the lock.</summary>
    private static void Program(uint number, Interrupt* interrupt)
    {
        bool masked = (interrupt->Masked | interrupt->InService) != 0;
        uint cpu = interrupt->CpuNumber;
        if (number < Pins)
            IoApic.Route(number, interrupt->Vector, cpu, interrupt->Level != 0, interrupt->ActiveLow != 0, masked);
        else if (Iommu.RemapsInterrupts)
            Iommu.Remap(number, interrupt->Device, masked ? 0u : interrupt->Vector, Cpu.Of(cpu)->Arch.ApicId, false);
    }

    /// <summary>
    /// A vector that is free on a CPU; 0 if there is none. One that its interrupt has left for another CPU is taken last: the interrupt may
    /// still be under way there, and would be another's.
    /// </summary>
    private static uint FreeVector(uint cpu)
    {
        Cpu* target = Cpu.Of(cpu);
        uint left = 0;
        for (uint vector = Vectors.FirstDevice; vector <= Vectors.LastDevice; vector++)
        {
            uint numberPlusOne = target->Vectors[(int)vector];
            if (numberPlusOne == 0)
                return vector;

            Interrupt* interrupt = s_table + (numberPlusOne - 1);
            if (interrupt->CpuNumber != cpu || interrupt->Vector != vector)
                left = vector;
        }

        return left;
    }
}
