using System.Threading;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>Interrupts that the guest ends by clearing a word, against the register.</summary>
public sealed partial class ApicTests
{
    private const ulong Word = 0x1000;

    [Fact]
    public void An_interrupt_that_the_guest_ends_in_memory_is_over_at_the_next_look()
    {
        GuestMemory memory = new();
        LocalApic apic = WithMemory(memory, Word | 1);
        Send(apic, 0x41);
        Assert.Equal(0x41, Take(apic));
        Assert.Equal(1ul, Load(memory));
        Assert.Equal(0x40u, apic.Priority);

        // The guest ends it; another of the same class is deliverable at once.
        Assert.True(memory.TryStore(Word, 4, 0));
        Send(apic, 0x42);
        Assert.Equal(0x42, Take(apic));
    }

    [Fact]
    public void What_is_not_ended_at_an_exit_is_ended_by_the_register()
    {
        GuestMemory memory = new();
        LocalApic apic = WithMemory(memory, Word | 1);
        Send(apic, 0x41);
        Assert.Equal(0x41, Take(apic));
        Send(apic, 0x42);
        Assert.Equal(-1, Take(apic));
        Assert.Equal(0ul, Load(memory));
        Write(apic, Eoi, 0);
        Assert.Equal(0x42, Take(apic));
    }

    [Fact]
    public void Nothing_is_offered_while_another_waits_or_somebody_hears_of_the_end()
    {
        GuestMemory memory = new();
        LocalApic apic = WithMemory(memory, Word | 1);
        Send(apic, 0x41);
        Send(apic, 0x31);
        Assert.Equal(0x41, Take(apic));
        Assert.Equal(0ul, Load(memory));
        Write(apic, Eoi, 0);
        Assert.Equal(0x31, Take(apic));
        Assert.Equal(1ul, Load(memory));
        Write(apic, Eoi, 0);

        apic.Accept(new ApicMessage { Mode = DeliveryMode.Fixed, Vector = 0x51, IsLevel = true });
        Assert.Equal(0x51, Take(apic));
        Assert.Equal(0ul, Load(memory));
    }

    [Fact]
    public void The_register_wants_memory_and_ends_with_init()
    {
        GuestMemory memory = new();
        LocalApic apic = WithMemory(memory, Word | 1);
        Assert.False(apic.TrySetParavirtualEnd(Word | 3));
        Assert.False(apic.TrySetParavirtualEnd(0x10_0000_0001));
        Assert.Equal(Word | 1, apic.ParavirtualEndRegister);
        Send(apic, 0x41);
        Assert.Equal(0x41, Take(apic));
        apic.Init();
        Assert.Equal(0ul, apic.ParavirtualEndRegister);
        Assert.False(_apics[0].TrySetParavirtualEnd(Word | 1));
    }

    private LocalApic WithMemory(GuestMemory memory, ulong register)
    {
        Assert.True(memory.Add(0, new ArrayBacking(new byte[0x2000])));
        TimestampCounter timestamp = new(_clock, new Frequency(2_000_000_000));
        LocalApic apic = new(9, _bus, _clock.Queue(), timestamp, new Kicks(), false) { Memory = memory };
        Write(apic, Spurious, 0x1ff);
        Assert.True(apic.TrySetParavirtualEnd(register));
        return apic;
    }

    private static void Send(LocalApic apic, byte vector) => apic.Accept(new ApicMessage { Mode = DeliveryMode.Fixed, Vector = vector });

    private static ulong Load(GuestMemory memory)
    {
        Assert.True(memory.TryLoad(Word, 4, out ulong value));
        return value;
    }
}
