using Kilonova.Abi;

namespace Kilonova.Nova;

/// <summary>
/// A capability for an execution context, a thread or virtual CPU bound to one CPU. NOVA interface specification of 24 January 2024,
/// section 2.2.
/// </summary>
public readonly struct ExecutionContext
{
    /// <summary>Names the capability at a selector.</summary>
    public ExecutionContext(ulong selector) => Selector = selector;

    /// <summary>The selector in the caller's object space.</summary>
    public ulong Selector { get; }

    /// <summary>Creates a local thread, which runs on the time of those who call its portals.</summary>
    /// <param name="selector">An empty selector for the new capability.</param>
    /// <param name="owner">The domain it runs in, which needs an object, a host and a port space.</param>
    /// <param name="utcbPage">Page number in the owner's host space at which the kernel maps the UTCB.</param>
    /// <param name="cpu">The CPU.</param>
    /// <param name="stackPointer">Stack pointer when its first portal is entered.</param>
    /// <param name="eventBase">Selector of its first event portal in the owner's object space.</param>
    /// <param name="fpu">Whether it may use vector and floating-point registers.</param>
    public static Status CreateLocal(
        ulong selector, ProtectionDomain owner, ulong utcbPage, uint cpu, ulong stackPointer, ulong eventBase, bool fpu = false) =>
        Hypercalls.CreateEc(Flags(0, fpu), selector, owner.Selector, utcbPage, cpu, stackPointer, eventBase);

    /// <summary>
    /// Creates a global thread, which raises STARTUP with its first scheduling context. Parameters are those of <see cref="CreateLocal"/>.
    /// </summary>
    public static Status CreateGlobal(
        ulong selector, ProtectionDomain owner, ulong utcbPage, uint cpu, ulong stackPointer, ulong eventBase, bool fpu = false) =>
        Hypercalls.CreateEc(Flags(CreateEcFlags.Time, fpu), selector, owner.Selector, utcbPage, cpu, stackPointer, eventBase);

    /// <summary>Creates a virtual CPU; BAD_FTR without hardware virtualization.</summary>
    /// <param name="selector">An empty selector for the new capability.</param>
    /// <param name="owner">The domain of its monitor.</param>
    /// <param name="apicPage">Page number in the owner's host space of the virtual APIC page (Intel only).</param>
    /// <param name="cpu">The CPU.</param>
    /// <param name="eventBase">Selector of its first event portal in the owner's object space.</param>
    /// <param name="timeOffset">Whether its time stamp counter may be offset.</param>
    /// <param name="fpu">Whether the guest may use vector and floating-point registers.</param>
    public static Status CreateGuest(
        ulong selector, ProtectionDomain owner, ulong apicPage, uint cpu, ulong eventBase, bool timeOffset, bool fpu = true) =>
        Hypercalls.CreateEc(
            Flags(CreateEcFlags.Guest | (timeOffset ? CreateEcFlags.Time : 0), fpu), selector, owner.Selector, apicPage, cpu, 0, eventBase);

    /// <summary>Makes the context raise RECALL before it next leaves the kernel.</summary>
    /// <param name="strong">Return only after it has entered the kernel.</param>
    public Status Recall(bool strong) => Hypercalls.CtrlEc(strong ? CtrlEcFlags.Strong : 0, Selector);

    /// <summary>Extension: sets the windows into which items arrive for good; 0 closes one.</summary>
    public unsafe Status SetWindow(Window objects, Window memory, Window ports)
    {
        SyscallRegisters registers;
        registers.Rdi = Extension.Identifier(ExtensionOperation.SetWindow, Selector);
        registers.Rsi = 0;
        registers.Rdx = 0;
        registers.Rax = objects.Raw;
        registers.R8 = memory.Raw;
        registers.R9 = ports.Raw;
        return (Status)Syscall.Invoke(&registers);
    }

    private static uint Flags(uint flags, bool fpu) => fpu ? flags | CreateEcFlags.Fpu : flags;
}
