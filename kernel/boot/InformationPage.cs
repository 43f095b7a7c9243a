namespace Kilonova.Kernel;

/// <summary>The hypervisor information page (specification, section 6.3), filled at the end of the boot and never changed.</summary>
public static unsafe class InformationPage
{
    /// <summary>Extensions of this kernel.</summary>
    private const PlatformFeatures Extensions =
        PlatformFeatures.TypedItems | PlatformFeatures.Translate | PlatformFeatures.Revoke | PlatformFeatures.Lookup
        | PlatformFeatures.Kill | PlatformFeatures.Quota | PlatformFeatures.ReservedTime;

    /// <summary>Physical address of the page.</summary>
    public static ulong Physical { get; private set; }

    /// <summary>Writes the page, which the kernel has zeroed and keeps. The root image lies from start to end.</summary>
    public static void Fill(void* page, ulong rootStart, ulong rootEnd)
    {
        Physical = DirectMap.ToPhysical(page);
        HypervisorInformationPage* hip = (HypervisorInformationPage*)page;
        hip->Signature = HypervisorInformationPage.SignatureValue;
        hip->Length = HypervisorInformationPage.Size;
        hip->NovaStart = Boot.KernelStart;
        hip->NovaEnd = Boot.KernelEnd;
        hip->MbufStart = Boot.ConsoleStart;
        hip->MbufEnd = Boot.ConsoleEnd;
        hip->RootStart = rootStart;
        hip->RootEnd = rootEnd;
        hip->AcpiRsdp = Platform.RsdpAddress == 0 ? HypervisorInformationPage.NotPresent : Platform.RsdpAddress;
        hip->UefiMap = HypervisorInformationPage.NotPresent;
        hip->StcFrequency = Machine.Frequency;
        hip->SelectorCount = ObjectSpace.Selectors;
        hip->HostArchitecturalEvents = (ushort)HostEvent.Count;
        hip->HostNovaEvents = (ushort)MicrohypervisorEvent.Count;
        hip->GuestArchitecturalEvents = (ushort)GuestEvent.Count;
        hip->GuestNovaEvents = (ushort)MicrohypervisorEvent.Count;
        hip->CpuCount = (ushort)Machine.CpuCount;
        hip->BootCpu = (ushort)Machine.BootCpu;
        hip->PinInterrupts = (ushort)Interrupts.Pins;
        hip->MessageInterrupts = (ushort)Interrupts.Messages;
        hip->ObjectMaxOrder = Spaces.ObjectMaxOrder;
        hip->HostMaxOrder = Spaces.HostMaxOrder;
        hip->GuestMaxOrder = Virtualization.Kind != 0 ? Spaces.HostMaxOrder : (byte)0;
        hip->DmaMaxOrder = Iommu.IsPresent ? Spaces.HostMaxOrder : (byte)0;
        hip->PioMaxOrder = Spaces.PioMaxOrder;
        hip->MsrMaxOrder = Spaces.MsrMaxOrder;
        hip->EventLog = HypervisorInformationPage.NotPresent;
        hip->Features = Extensions | Virtualization.Kind | (Iommu.IsPresent ? PlatformFeatures.IOMMU | PlatformFeatures.DeviceContexts : 0);

        ushort sum = 0;
        for (uint i = 0; i < HypervisorInformationPage.Size / sizeof(ushort); i++)
            sum += ((ushort*)page)[i];

        hip->Checksum = (ushort)-sum;
    }
}
