namespace Kilonova.Kernel;

/// <summary>The hypervisor information page (specification, section 6.3), filled at the end of the boot and never changed.</summary>
public static unsafe class InformationPage
{
    /// <summary>What the boot code found out; physical addresses.</summary>
    public struct Facts
    {
        public ulong KernelStart;
        public ulong KernelEnd;
        public ulong ConsoleStart;
        public ulong ConsoleEnd;
        public ulong RootStart;
        public ulong RootEnd;

        /// <summary>Address of the ACPI RSDP; 0 if there is none.</summary>
        public ulong Rsdp;
    }

    /// <summary>Extensions of this kernel.</summary>
    private const PlatformFeatures Extensions =
        PlatformFeatures.TypedItems | PlatformFeatures.Translate | PlatformFeatures.Revoke | PlatformFeatures.Lookup
        | PlatformFeatures.Kill | PlatformFeatures.Quota | PlatformFeatures.ReservedTime;

    /// <summary>Physical address of the page.</summary>
    public static ulong Physical { get; private set; }

    /// <summary>Writes the page, which the kernel has zeroed and keeps.</summary>
    public static void Fill(void* page, in Facts facts)
    {
        Physical = DirectMap.ToPhysical(page);
        HypervisorInformationPage* hip = (HypervisorInformationPage*)page;
        hip->Signature = HypervisorInformationPage.SignatureValue;
        hip->Length = HypervisorInformationPage.Size;
        hip->NovaStart = facts.KernelStart;
        hip->NovaEnd = facts.KernelEnd;
        hip->MbufStart = facts.ConsoleStart;
        hip->MbufEnd = facts.ConsoleEnd;
        hip->RootStart = facts.RootStart;
        hip->RootEnd = facts.RootEnd;
        hip->AcpiRsdp = facts.Rsdp == 0 ? HypervisorInformationPage.NotPresent : facts.Rsdp;
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
