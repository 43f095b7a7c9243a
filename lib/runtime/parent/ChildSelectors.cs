namespace Kilonova.Runtime;

/// <summary>Where the root task keeps the capabilities of one child, counted from the first of a group.</summary>
public static class ChildSelectors
{
    /// <summary>Order of the group.</summary>
    public const int Order = 4;

    /// <summary>The child's domain.</summary>
    public const ulong Domain = 0;

    /// <summary>Its object space.</summary>
    public const ulong ObjectSpace = 1;

    /// <summary>Its host space.</summary>
    public const ulong HostSpace = 2;

    /// <summary>Its port space.</summary>
    public const ulong PioSpace = 3;

    /// <summary>Its first thread.</summary>
    public const ulong Thread = 4;

    /// <summary>Time of its first thread.</summary>
    public const ulong Time = 5;

    /// <summary>Guest space, if it is a monitor.</summary>
    public const ulong GuestSpace = 6;

    /// <summary>Ports of its guest.</summary>
    public const ulong GuestPorts = 7;

    /// <summary>Model-specific registers of its guest.</summary>
    public const ulong GuestMsrs = 8;

    /// <summary>What its devices see, if they are confined.</summary>
    public const ulong DmaSpace = 9;

    /// <summary>Upped when there are orders for its guest.</summary>
    public const ulong GuestOrdered = 10;

    /// <summary>Selectors of the group that are in use.</summary>
    public const ulong Count = 11;
}
