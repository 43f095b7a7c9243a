using Kilonova.Abi;

namespace Kilonova.Nova;

/// <summary>
/// A capability for a protection domain, NOVA interface specification of 24 January 2024, section 2.1. As the owner of a new object it
/// pays for it.
/// </summary>
public readonly struct ProtectionDomain
{
    /// <summary>Names the capability at a selector.</summary>
    public ProtectionDomain(ulong selector) => Selector = selector;

    /// <summary>The selector in the caller's object space.</summary>
    public ulong Selector { get; }

    /// <summary>Creates a domain without spaces; the new capability has the permissions of the owner's.</summary>
    public static Status Create(ulong selector, ProtectionDomain owner) =>
        Hypercalls.CreatePd(CreatePdOperation.ProtectionDomain, selector, owner.Selector);

    /// <summary>Extension: stops the domain's threads and takes back all that it held. Needs all five permissions.</summary>
    public Status Kill() => (Status)Syscall.Invoke(Extension.Identifier(ExtensionOperation.Kill, Selector), 0);

    /// <summary>Extension: moves kernel memory to another domain; 0 pages only ask. Needs permission PD on both.</summary>
    /// <param name="to">The domain that receives.</param>
    /// <param name="pages">Number of 4 KiB pages.</param>
    /// <param name="free">Pages that this domain still has.</param>
    /// <param name="used">Pages that this domain uses.</param>
    public unsafe Status MoveQuota(ProtectionDomain to, ulong pages, out ulong free, out ulong used)
    {
        SyscallRegisters registers;
        registers.Rdi = Extension.Identifier(ExtensionOperation.Quota, Selector);
        registers.Rsi = to.Selector;
        registers.Rdx = pages;
        registers.Rax = 0;
        registers.R8 = 0;
        registers.R9 = 0;
        var status = (Status)Syscall.Invoke(&registers);
        free = registers.Rdx;
        used = registers.Rax;
        return status;
    }
}
