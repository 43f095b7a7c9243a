using Kilonova.Abi;
using Kilonova.Formats.Tests;
using Xunit;

namespace Kilonova.Kernel.Tests;

/// <summary>
/// Three units over two segments: one for two devices of segment 0 and what is behind a bridge, one for the rest of it, one for all of
/// segment 1; a device with reserved memory. The NOVA host space and two host spaces beside.
/// </summary>
internal sealed unsafe class IommuWorld
{
    public const ulong First = 0xfed9_0000;
    public const ulong Rest = 0xfed9_1000;
    public const ulong Other = 0xfed9_2000;

    /// <summary>Of segment 0: a device of the first unit, one of the second, one behind a bridge of the first, one with reserved memory.</summary>
    public const uint Disk = 0x0010;
    public const uint Net = 0x0208;
    public const uint Behind = 0x0519;
    public const uint Usb = 0x00a0;

    /// <summary>The same number as the disk's, in segment 1.</summary>
    public const uint Foreign = 0x1_0010;

    public const ulong ReservedFirst = 0x700;
    public const ulong ReservedEnd = 0x710;

    public const ulong Capable = FakeVtd.FourLevels | FakeVtd.LargePages | (47ul << 16) | 6;
    public const ulong Remapping = 0x1b;

    public IommuWorld(ulong firstCapabilities = Capable, ulong extended = Remapping, uint cpus = 1)
    {
        Ranges = new RangeWorld(cpus);
        FakeVtd.Clear();
        Cache.Lines.Clear();
        Log.Text.Clear();
        Interrupts.Detached.Clear();
        PciConfiguration.Bridges.Clear();
        PciConfiguration.Bridges[0x0008] = 0x07_05_00;
        PciConfiguration.Bridges[0x0018] = 0x02_02_00;
        Platform.DmarBytes = AcpiSamples.Dmar(
            AcpiSamples.Drhd(First, 0, false, AcpiSamples.Scope(1, 0, 0, 2, 0), AcpiSamples.Scope(2, 0, 0, 1, 0)),
            AcpiSamples.Drhd(Rest, 0, true, AcpiSamples.Scope(3, 8, 0xf0, 0x1f, 0)),
            AcpiSamples.Drhd(Other, 1, true),
            AcpiSamples.Rmrr(ReservedFirst << 12, (ReservedEnd << 12) - 1, 0, AcpiSamples.Scope(1, 0, 0, 0x14, 0)));
        Units = [FakeVtd.Add(First, firstCapabilities, extended), FakeVtd.Add(Rest, Capable, extended), FakeVtd.Add(Other, Capable, extended)];
        Machine.Quota = (Quota*)Ranges.NovaQuota;
        NovaSpaces.Host = Ranges.NovaSpace;
        Iommu.Initialize();
        Iommu.Enable();
    }

    public RangeWorld Ranges { get; }

    public FakeVtd[] Units { get; }

    public FakeVtd Disks => Units[0];

    public FakeVtd Nets => Units[1];

    public static HostSpace* NewSpace(RangeWorld ranges, int payer = 0)
    {
        HostSpace* space = HostSpace.Create((Quota*)ranges.Quotas[payer], ObjectType.DmaSpace);
        Assert.True(space != null);
        return space;
    }

    public HostSpace* NewSpace() => NewSpace(Ranges);

    /// <summary>Delegates frames of the machine to a DMA space, or takes pages out of it.</summary>
    public void Map(HostSpace* space, ulong page, ulong frame, uint order = 0, uint permissions = 3) =>
        Delegate((KernelObject*)Ranges.NovaSpace, frame, space, page, order, permissions);

    public static void Delegate(KernelObject* source, ulong from, HostSpace* space, ulong page, uint order, uint permissions)
    {
        Delegation delegation;
        Assert.Equal(Status.SUCCESS, Delegation.Begin(&delegation, source, (KernelObject*)space, from, page, order, permissions, 0));
        while (Delegation.Step(&delegation))
        {
        }

        Assert.Equal(Status.SUCCESS, delegation.Status);
    }

    public static void Assign(uint requester, HostSpace* space) =>
        Assert.Equal(Status.SUCCESS, Iommu.Assign(DeviceScopes.UnitOf(requester), requester, requester, space));

    /// <summary>The last capability is gone, and a grace period over.</summary>
    public static void Destroy(HostSpace* space)
    {
        while (!Space.TryDestroy((KernelObject*)space, 1))
        {
        }

        FakeMachine.Settle();
    }
}
