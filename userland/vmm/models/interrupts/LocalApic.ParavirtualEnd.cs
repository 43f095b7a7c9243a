// The end of an interrupt without an exit (Linux: Documentation/virt/kvm/x86/msr.rst, MSR_KVM_EOI_EN). Owner only.
namespace Kilonova.Vmm.Models;

public sealed partial class LocalApic
{
    private const ulong EndEnabled = 1;
    private const ulong EndReserved = 2;
    private const ulong EndOffered = 1;

    private ulong _end;

    // The guest's word offers to end the interrupt in service by clearing it. At the next exit it shows whether the guest has done so.
    private bool _isOffered;

    /// <summary>The memory in which the guest may put its word; null: it has no such register.</summary>
    public GuestMemory? Memory { get; init; }

    /// <summary>MSR_KVM_EOI_EN: the address of the guest's word, and bit 0 for enabled.</summary>
    public ulong ParavirtualEndRegister => _end;

    /// <summary>Writes MSR_KVM_EOI_EN. False: #GP, for a reserved bit or a word that is not in memory.</summary>
    public bool TrySetParavirtualEnd(ulong value)
    {
        if (Memory == null || (value & EndReserved) != 0)
            return false;
        TakeEndBack();
        if ((value & EndEnabled) != 0 && !Memory.TryStore(value & ~EndEnabled, sizeof(uint), 0))
            return false;
        _end = value;
        return true;
    }

    // An interrupt goes into service. Only one whose end interests nobody else, and after which no other is to follow at once.
    private void OfferEnd(int vector)
    {
        if ((_end & EndEnabled) == 0 || (_levels[vector >> 5] >> (vector & 31) & 1) != 0 || Highest(_requests) >= 0)
            return;
        _isOffered = Memory!.TryStore(_end & ~EndEnabled, sizeof(uint), EndOffered);
    }

    // Before anything looks at what is in service. What the guest has not ended yet it ends by the register.
    private void TakeEndBack()
    {
        if (!_isOffered)
            return;
        _isOffered = false;
        if (Memory!.TryLoad(_end & ~EndEnabled, sizeof(uint), out ulong word) && (word & EndOffered) == 0)
            EndOfInterrupt();
        else
            _ = Memory.TryStore(_end & ~EndEnabled, sizeof(uint), 0);
    }

    private void ForgetEnd()
    {
        _end = 0;
        _isOffered = false;
    }
}
