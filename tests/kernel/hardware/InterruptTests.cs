using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.PlatformAccess;

/// <summary>Interrupt semaphores, sections 5.4.5, 5.5.2 and 6.1.3.1, by the PC's interval timer and real-time clock.</summary>
internal static unsafe class InterruptTests
{
    private const uint AllBits = 0x1f;
    private const uint Ticks = 10;

    // MC146818A data sheet: register B bit 6 enables the periodic interrupt, register A bits 3-0 its rate, reading C acknowledges it.
    private const uint RtcIndex = 0x70;
    private const uint RtcData = 0x71;
    private const uint RegisterA = 0x0a;
    private const uint RegisterB = 0x0b;
    private const uint RegisterC = 0x0c;
    private const uint PeriodicInterrupt = 0x40;
    private const uint Rate64Hertz = 0x2a;
    private const uint RtcPin = 8;

    private static Semaphore s_interrupt;
    private static Semaphore s_done;
    private static Status s_status;
    private static uint s_count;

    internal static void Run()
    {
        Suite.Run("There_are_semaphores_for_all_pins_and_messages"u8, &AllSemaphores);
        Suite.Run("Interrupt_semaphores_cannot_be_upped"u8, &NoUp);
        Suite.Run("Assign_int_needs_an_interrupt_semaphore_with_ASSIGN"u8, &NeedsAssign);
        Suite.Run("Assign_int_refuses_cpus_that_do_not_exist"u8, &BadCpu);
        Suite.Run("A_pin_has_no_message"u8, &PinHasNoMessage);
        Suite.Run("A_message_interrupt_has_address_and_data"u8, &MessageHasAddress);
        Suite.Run("Every_combination_of_flags_is_accepted"u8, &Flags);
        Suite.Run("The_clocks_interrupts_arrive"u8, &ClockTicks);
        Suite.Run("A_masked_interrupt_does_not_arrive"u8, &MaskedInterrupt);
        if (Lab.CpuCount > 1)
        {
            Suite.Run("An_interrupt_is_waited_for_on_its_cpu_only"u8, &WaitOnItsCpu);
            Suite.Run("An_interrupt_can_be_routed_to_every_cpu"u8, &EveryCpu);
        }
    }

    private static Semaphore Take(ulong interrupt)
    {
        var selector = Lab.Selector();
        Check.Succeeds(
            RootTask.NovaObjectSpace.Delegate(RootTask.ObjectSpace, NovaObjectSpace.InterruptSemaphores + interrupt, selector, 0, AllBits),
            "ctrl_pd"u8);
        return new Semaphore(selector);
    }

    private static void AllSemaphores()
    {
        var count = (ulong)RootTask.Hip->PinInterrupts + RootTask.Hip->MessageInterrupts;
        Check.True(RootTask.Hip->PinInterrupts >= 16, "a PC has at least 16 pins"u8);
        for (var interrupt = 0ul; interrupt < count; interrupt += 7)
            Check.Is(Take(interrupt).Up(), Status.BAD_CAP, "there is something that cannot be upped"u8);

        // A null capability cannot be assigned either.
        Check.Is(Take(count).AssignInterrupt(AssignIntFlags.Masked, Lab.BootCpu, 0, out _, out _), Status.BAD_CAP, "and nothing behind"u8);
        Check.Succeeds(
            Take(count - 1).AssignInterrupt(AssignIntFlags.Masked, Lab.BootCpu, 0, out _, out _), "but up to the last one"u8);
    }

    private static void NoUp() => Check.Is(Take(RtcPin).Up(), Status.BAD_CAP, "up"u8);

    private static void NeedsAssign()
    {
        var weak = new Semaphore(Lab.Weakened(Take(RtcPin).Selector, AllBits & ~(uint)SmPermissions.ASSIGN));
        Check.Is(weak.AssignInterrupt(AssignIntFlags.Masked, Lab.BootCpu, 0, out _, out _), Status.BAD_CAP, "without ASSIGN"u8);
        Check.Is(
            Lab.Semaphore(0).AssignInterrupt(AssignIntFlags.Masked, Lab.BootCpu, 0, out _, out _), Status.BAD_CAP, "no interrupt"u8);
        Check.Is(
            new Semaphore(RootSelectors.ConsoleSemaphore).AssignInterrupt(AssignIntFlags.Masked, Lab.BootCpu, 0, out _, out _),
            Status.BAD_CAP,
            "the console's semaphore"u8);
        Check.Is(
            new Semaphore(Lab.Domain.Selector).AssignInterrupt(AssignIntFlags.Masked, Lab.BootCpu, 0, out _, out _),
            Status.BAD_CAP,
            "a domain"u8);
        var down = new Semaphore(Lab.Weakened(Take(RtcPin).Selector, (uint)SmPermissions.ASSIGN));
        Check.Is(down.Down(1), Status.BAD_CAP, "down without CTRL_DN"u8);
    }

    private static void BadCpu()
    {
        Check.Is(Take(RtcPin).AssignInterrupt(0, Lab.CpuCount, 0, out _, out _), Status.BAD_CPU, "CPUNUM"u8);
        Check.Is(Take(RtcPin).AssignInterrupt(0, uint.MaxValue, 0, out _, out _), Status.BAD_CPU, "largest number"u8);
        Check.Is(Hypercalls.AssignInt(0, Take(RtcPin).Selector, ulong.MaxValue, 0, out _, out _), Status.BAD_CPU, "64 bits"u8);
    }

    private static void PinHasNoMessage()
    {
        Check.Succeeds(
            Take(RtcPin).AssignInterrupt(AssignIntFlags.Masked, Lab.BootCpu, 0x1234, out var address, out var data), "assign_int"u8);
        Check.Equal(address, 0, "address"u8);
        Check.Equal(data, 0, "data"u8);
    }

    private static void MessageHasAddress()
    {
        if (RootTask.Hip->MessageInterrupts < 2)
            return;

        Check.Succeeds(Take(RootTask.Hip->PinInterrupts).AssignInterrupt(0, Lab.BootCpu, 0x08, out var first, out var firstData), "one"u8);
        Check.Succeeds(
            Take(RootTask.Hip->PinInterrupts + 1ul).AssignInterrupt(0, Lab.BootCpu, 0x08, out var second, out var secondData), "another"u8);
        Check.Equal(first >> 20, 0xfee, "an address of the interrupt range"u8);
        Check.True(first != second || firstData != secondData, "two messages differ"u8);
    }

    // Trigger, polarity and owner of what stays masked, and of an MSI, for which they mean nothing.
    private static void Flags()
    {
        for (var flags = 0u; flags <= (uint)HypercallRegister.FlagsMask; flags++)
        {
            Check.Succeeds(
                Take(RtcPin).AssignInterrupt(flags | AssignIntFlags.Masked, Lab.BootCpu, 0, out _, out _), "pin"u8);
            if (RootTask.Hip->MessageInterrupts != 0)
            {
                Check.Succeeds(
                    Take(RootTask.Hip->PinInterrupts).AssignInterrupt(flags, Lab.BootCpu, 0x08, out var address, out _), "message"u8);
                Check.Equal(address >> 20, 0xfee, "its address"u8);
            }
        }
    }

    private static void Write(uint register, uint value)
    {
        Ports.Out8(RtcIndex, register);
        Ports.Out8(RtcData, value);
    }

    private static uint Read(uint register)
    {
        Ports.Out8(RtcIndex, register);
        return Ports.In8(RtcData);
    }

    // Sixty-four interrupts a second from the real-time clock, edge-triggered on pin 8.
    private static void StartClock(uint cpu, uint flags)
    {
        Check.Succeeds(RootTask.NovaPioSpace.Delegate(RootTask.PioSpace, RtcIndex, 1), "ports"u8);
        s_interrupt = Take(RtcPin);
        Check.Succeeds(s_interrupt.AssignInterrupt(flags, cpu, 0, out _, out _), "assign_int"u8);
        Write(RegisterA, Rate64Hertz);
        Write(RegisterB, Read(RegisterB) | PeriodicInterrupt);
        _ = Read(RegisterC);
    }

    private static void StopClock()
    {
        Write(RegisterB, Read(RegisterB) & ~PeriodicInterrupt);
        _ = Read(RegisterC);
        Check.Succeeds(s_interrupt.AssignInterrupt(AssignIntFlags.Masked, Lab.BootCpu, 0, out _, out _), "mask"u8);
    }

    private static void ClockTicks()
    {
        StartClock(Lab.BootCpu, 0);
        for (var i = 0u; i < Ticks; i++)
        {
            Check.Succeeds(Lab.WaitFor(s_interrupt), "interrupt"u8);
            Check.True((Read(RegisterC) & PeriodicInterrupt) != 0, "it was the clock"u8);
        }

        StopClock();
    }

    private static void MaskedInterrupt()
    {
        StartClock(Lab.BootCpu, AssignIntFlags.Masked);
        Check.Is(s_interrupt.Down(Lab.After(100)), Status.TIMEOUT, "masked"u8);
        _ = Read(RegisterC);
        Check.Succeeds(s_interrupt.AssignInterrupt(0, Lab.BootCpu, 0, out _, out _), "unmask"u8);
        _ = Read(RegisterC);
        Check.Succeeds(Lab.WaitFor(s_interrupt), "it arrives"u8);
        StopClock();
    }

    private static void WaitThere(nint argument)
    {
        s_count = 0;
        for (var i = 0u; i < Ticks; i++)
        {
            s_status = s_interrupt.Down(Lab.After(3000));
            if (s_status != Status.SUCCESS)
                break;

            s_count++;
            _ = Read(RegisterC);
        }

        _ = s_done.Up();
    }

    private static void WaitOnItsCpu()
    {
        StartClock(Lab.OtherCpu, 0);
        Check.Is(s_interrupt.Down(Lab.After(50)), Status.BAD_CPU, "this CPU"u8);
        StopClock();
    }

    private static void EveryCpu()
    {
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            s_done = Lab.Semaphore(0);
            StartClock(cpu, 0);
            _ = Lab.Run(cpu, &WaitThere);
            Check.Succeeds(Lab.WaitFor(s_done, 20_000), "done"u8);
            Check.Succeeds(s_status, "down"u8);
            Check.Equal(s_count, Ticks, "interrupts"u8);
            StopClock();
        }
    }
}
