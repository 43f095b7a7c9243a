using Kilonova.Abi;

namespace Kilonova.Nova;

// Hypercall 0xf: what the specification reserves and this kernel adds. The information page says which operations exist.

/// <summary>A window for typed items: 2^order selectors, pages or ports of the receiver; see <see cref="ReceiveWindow"/>.</summary>
public readonly struct Window
{
    /// <summary>Opens a window. The base is a multiple of 2^order.</summary>
    public Window(ulong @base, uint order) => Raw = (@base << ReceiveWindow.BaseShift) | order;

    /// <summary>Nothing is received.</summary>
    public static Window Closed => default;

    /// <summary>The register value.</summary>
    public ulong Raw { get; }
}

/// <summary>What a selector or address maps.</summary>
public struct Mapping
{
    /// <summary>What is there.</summary>
    public CapabilityType Type;

    /// <summary>First selector of the range that was mapped as one.</summary>
    public ulong Base;

    /// <summary>Order of that range.</summary>
    public uint Order;

    /// <summary>Permissions; 0 for a null capability.</summary>
    public uint Permissions;

    /// <summary>Memory attributes.</summary>
    public uint Attributes;
}

/// <summary>Revoke and lookup on any kind of space.</summary>
public static class Extension
{
    /// <summary>RDI of an extension operation.</summary>
    public static ulong Identifier(ExtensionOperation operation, ulong selector) =>
        Hypercalls.Identifier(Hypercall.extension, (uint)operation, selector);

    /// <summary>Withdraws permissions from all that descends from a range of a space, everywhere.</summary>
    /// <param name="space">Selector of an object, host, port or MSR space with TAKE.</param>
    /// <param name="first">First selector, page or number; a multiple of 2^order.</param>
    /// <param name="order">Order of the range.</param>
    /// <param name="permissions">Permissions to withdraw; all five withdraw the capabilities.</param>
    /// <param name="self">Withdraw from the range itself too.</param>
    public static Status Revoke(ulong space, ulong first, uint order, uint permissions, bool self) =>
        (Status)Syscall.Invoke(
            Identifier(ExtensionOperation.Revoke, space),
            0,
            Hypercalls.Packed(first, order),
            self ? permissions | RevokeFlags.Self : permissions,
            0);

    /// <summary>Says what a selector of a space maps.</summary>
    public static unsafe Status Lookup(ulong space, ulong selector, out Mapping mapping)
    {
        SyscallRegisters registers;
        registers.Rdi = Identifier(ExtensionOperation.Lookup, space);
        registers.Rsi = 0;
        registers.Rdx = Hypercalls.Packed(selector, 0);
        registers.Rax = 0;
        registers.R8 = 0;
        registers.R9 = 0;
        var status = (Status)Syscall.Invoke(&registers);
        mapping.Type = (CapabilityType)((registers.Rax >> LookupResult.TypeShift) & LookupResult.TypeMask);
        mapping.Base = registers.Rdx >> LookupResult.BaseShift;
        mapping.Order = (uint)(registers.Rdx & LookupResult.OrderMask);
        mapping.Permissions = (uint)(registers.Rax & LookupResult.PermissionMask);
        mapping.Attributes = (uint)registers.R8;
        return status;
    }
}
