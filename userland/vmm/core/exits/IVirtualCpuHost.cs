// What a virtual processor asks of the place it runs in.
using System;
using Kilonova.Abi;

namespace Kilonova.Vmm.Exits;

/// <summary>The kernel's side of one virtual CPU: a component's runtime, or a test.</summary>
public interface IVirtualCpuHost
{
    /// <summary>Makes the virtual CPU raise a recall before it executes the guest again. Any thread; does not block.</summary>
    void Recall();

    /// <summary>The calling thread, which is the virtual CPU's, sleeps until <see cref="Wake"/>. One wake before the sleep ends it at once.</summary>
    void Sleep();

    /// <summary>Ends the sleep of the virtual CPU's thread, or its next one. Any thread; does not block.</summary>
    void Wake();

    /// <summary>Has <see cref="VirtualProcessor.EmulateMemory"/> answer the exit in hand, on a thread with vector registers.</summary>
    Mtd Emulate(ref ArchitecturalState state);

    /// <summary>From now on a recall brings all state that the emulator needs, or no more than interrupts need.</summary>
    void TransferAll(bool all);

    /// <summary>The guest cannot go on: tells whoever looks after it why, and where it was. Vector registers.</summary>
    void Report(ReadOnlySpan<byte> reason, in ArchitecturalState state);
}

/// <summary>Processor vendors, as far as their virtual machines differ.</summary>
public enum VirtualizationKind : byte
{
    /// <summary>AMD's secure virtual machine.</summary>
    Svm,

    /// <summary>Intel's virtual-machine extensions.</summary>
    Vmx,
}
