using System;
using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Runtime;

// What a child gets that is a virtual-machine monitor.
public sealed partial class Child
{
    // What a guest may read and write without its monitor, as far as the kernel lets it: the bases of FS and GS and the one to swap with,
    // the entry points of SYSENTER, PAT; and what it may only read: those of SYSCALL, TSC_AUX. Section 8.2.3.
    private static ReadOnlySpan<uint> GuestRegisters =>
    [
        0xc000_0100, 0xc000_0101, 0xc000_0102, 0x174, 0x175, 0x176, 0x277, 0xc000_0081, 0xc000_0082, 0xc000_0084, 0xc000_0103,
    ];

    /// <summary>Tells the child that there are new orders for its guest; only after <see cref="GrantGuest"/>.</summary>
    public void NotifyGuest() => _ = new Semaphore(_selectors + ChildSelectors.GuestOrdered).Up();

    /// <summary>
    /// Creates the spaces of a guest, at the child's expense, and gives them to the child: it fills and assigns them. With them comes the
    /// semaphore of its orders.
    /// </summary>
    /// <returns>BAD_FTR: the machine has no virtual machines.</returns>
    public Status GrantGuest()
    {
        var space = _selectors + ChildSelectors.GuestSpace;
        var ports = _selectors + ChildSelectors.GuestPorts;
        var registers = _selectors + ChildSelectors.GuestMsrs;
        var status = GuestSpace.Create(space, Domain);
        if (status == Status.SUCCESS)
            status = PioSpace.Create(ports, Domain);

        if (status == Status.SUCCESS)
            status = MsrSpace.Create(registers, Domain);

        const MsrPermissions Both = MsrPermissions.R | MsrPermissions.W;
        foreach (var register in GuestRegisters)
        {
            if (status == Status.SUCCESS)
                status = RootTask.NovaMsrSpace.Delegate(new MsrSpace(registers), register, 0, Both);
        }

        if (status == Status.SUCCESS)
            status = Grant(space, ComponentSelectors.GuestSpace, 0, All);

        if (status == Status.SUCCESS)
            status = Grant(ports, ComponentSelectors.GuestPorts, 0, All);

        if (status == Status.SUCCESS)
            status = Grant(registers, ComponentSelectors.GuestMsrs, 0, All);

        var ordered = _selectors + ChildSelectors.GuestOrdered;
        if (status == Status.SUCCESS)
            status = Semaphore.Create(ordered, Domain, 0);

        const SmPermissions UpAndDown = SmPermissions.CTRL_UP | SmPermissions.CTRL_DN;
        return status == Status.SUCCESS ? Grant(ordered, ComponentSelectors.GuestOrdered, 0, (uint)UpAndDown) : status;
    }
}
