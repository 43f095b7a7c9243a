using Kilonova.Formats;
using Kilonova.Formats.Acpi;
using Kilonova.Formats.Multiboot;

namespace Kilonova.Kernel;

/// <summary>
/// Brings the machine up, from the first C# instruction to the kernel proper: console, boot information, page tables, ACPI, interrupt
/// controllers, clock, CPUs.
/// </summary>
public static unsafe class Boot
{
    /// <summary>Size of the memory-buffer console, which ends the memory that the boot loader keeps free for the kernel.</summary>
    private const ulong ConsoleSize = 0x1_0000;

    private const ulong MessageStart = 0xfee0_0000;
    private const ulong MessageEnd = 0xfef0_0000;

    private static BootInformation s_information;

    /// <summary>What the boot loader passed on.</summary>
    public static ref BootInformation Information => ref s_information;

    /// <summary>Physical range of the kernel: image and all memory it will ever own (HIP, NOVA start and end).</summary>
    public static ulong KernelStart { get; private set; }
    public static ulong KernelEnd { get; private set; }

    /// <summary>Physical range of the memory-buffer console.</summary>
    public static ulong ConsoleStart => KernelEnd;
    public static ulong ConsoleEnd => KernelEnd + ConsoleSize;

    /// <summary>IA32_TSC_ADJUST of the boot CPU, where it exists.</summary>
    public static ulong TscAdjust { get; private set; }

    /// <summary>The first C# method, on the boot CPU's own stack and the boot tables, interrupts off.</summary>
    /// <param name="magic">EAX at the entry point.</param>
    /// <param name="information">EBX at the entry point: physical address of the boot information.</param>
    /// <param name="distance">How far above its link address the image was loaded.</param>
    [RuntimeExport("boot_main")]
    public static void Start(uint magic, uint information, ulong distance)
    {
        Cpu* cpu = Cpu.Of(0);
        cpu->Self = cpu;
        cpu->StackTop = (ulong)cpu + Descriptors.AreaStackEnd;
        CpuFeatures.Detect();
        Descriptors.MakeIdt();
        Descriptors.Load(cpu);
        KernelSpace.SetImageDistance(distance);

        FirmwareMemory memory = default;
        MultibootStatus status = BootInformation.Read(memory, magic, information, out s_information);
        KernelOptions.Read(status == MultibootStatus.Ok ? s_information.CommandLine(memory) : default);
        _ = SerialPort.TryInitialize(KernelOptions.SerialPort);
        Log.SetLevel(KernelOptions.LogLevel);
        PrintBanner();
        Speculation.Detect(KernelOptions.Barriers);
        if (status != MultibootStatus.Ok)
            Panic.Stop(MultibootStatusText.Describe(status));

        FindMemory();
        KernelSpace.Build();
        CpuFeatures.Enable();
        MemoryConsole.Initialize(DirectMap.ToVirtual(ConsoleStart), ConsoleSize);
        Descriptors.EnableSystemCalls();
        MachineChecks.Enable();
        StartPlatform(cpu);
        Smp.StartAll();
        ProtectMemory();
        GiveMemory();

        Kernel.KernelStart.Initialize(cpu);
        Smp.Release();
        Kernel.KernelStart.Run(cpu);
    }

    /// <summary>The compiler wants a program to have one; never called.</summary>
    private static void Main()
    {
    }

    private static void StartPlatform(Cpu* cpu)
    {
        Platform.Read(ref s_information);
        if (!KernelOptions.SerialPortGiven)
        {
            ushort port = Platform.SerialConsolePort;
            if (port != 0 && port != KernelOptions.DefaultSerialPort)
                _ = SerialPort.TryInitialize(port);
        }

        Pic.Disable();
        Tsc.Calibrate();
        LocalApic.Detect();
        LocalApic.Initialize(cpu);
        LocalApic.Calibrate();
        Iommu.Initialize();
        IoApic.Initialize();
        Power.Initialize();
        if (CpuFeatures.HasTscAdjust)
            TscAdjust = Msr.Read(Msr.IA32_TSC_ADJUST);
    }

    /// <summary>Reads the memory map and finds the kernel's own memory in it.</summary>
    private static void FindMemory()
    {
        FirmwareMemory memory = default;
        if (!MemoryMap.Read(memory, ref s_information, Math.Min(Layout.DirectMapSize, 1ul << (int)CpuFeatures.PhysicalBits)))
            Log.Warning("the memory map has too many ranges: some memory stays unused"u8);

        ImageLayout* image = ImageLayout.Get();
        KernelStart = KernelSpace.ImageToPhysical(image->Start);
        ulong end = KernelSpace.ImageToPhysical(image->ReservedEnd);
        KernelEnd = end - ConsoleSize;
        Panic.Require(MemoryMap.Ram.Contains(KernelStart, end), "the kernel does not lie in RAM"u8);

        uint cursor = 0;
        while (s_information.NextModule(memory, ref cursor, out ulong moduleStart, out ulong moduleEnd))
        {
            if (moduleStart < end && KernelStart < moduleEnd)
                Panic.Stop("a module overlaps the kernel"u8);
        }

        EarlyMemory.Initialize(KernelSpace.ImageToPhysical(image->End), KernelEnd);
        Log.Begin(LogLevel.Info);
        Log.Write("% MiB of RAM, kernel at $ to $"u8, MemoryMap.Size >> 20, KernelStart, KernelEnd);
        Log.Write(", % modules"u8, s_information.ModuleCount);
        Log.End();
    }

    private static void ProtectMemory()
    {
        ProtectedMemory.Add(KernelStart, KernelEnd);
        ProtectedMemory.Add(MessageStart, MessageEnd);
        ProtectedMemory.Add(LocalApic.Physical, LocalApic.Physical + 0x1000);
        uint cursor = 0;
        ReadOnlySpan<byte> table = Platform.Dmar;
        for (ReadOnlySpan<byte> entry = Dmar.Next(table, ref cursor); !entry.IsEmpty; entry = Dmar.Next(table, ref cursor))
        {
            if (Dmar.Type(entry) == DmarType.HardwareUnit)
                ProtectedMemory.Add(Dmar.UnitAddress(entry), Dmar.UnitAddress(entry) + Dmar.UnitSize(entry));
        }

        // Registers of an AMD unit span 16 KiB, or 512 KiB where it has performance counters (AMD IOMMU specification 3.07, section 3.4).
        const ulong AmdUnitSize = 0x8_0000;
        cursor = 0;
        table = Platform.Ivrs;
        for (ReadOnlySpan<byte> block = Ivrs.Next(table, ref cursor); !block.IsEmpty; block = Ivrs.Next(table, ref cursor))
        {
            if (Ivrs.IsUnit(block))
                ProtectedMemory.Add(Ivrs.UnitAddress(block), Ivrs.UnitAddress(block) + AmdUnitSize);
        }

        ProtectFirmware();
    }

    /// <summary>Run-time services of UEFI, where the loader passes its memory map on.</summary>
    private static void ProtectFirmware()
    {
        const uint RuntimeServicesCode = 5;
        const uint RuntimeServicesData = 6;
        ReadOnlySpan<byte> map = Multiboot2.Find(s_information.Multiboot2Tags(default(FirmwareMemory)), Multiboot2Tag.EfiMemoryMap);
        uint count = Multiboot2.EfiDescriptorCount(map);
        for (uint i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> descriptor = Multiboot2.EfiDescriptor(map, i);
            if (Multiboot2.EfiType(descriptor) is RuntimeServicesCode or RuntimeServicesData)
            {
                ulong start = Multiboot2.EfiStart(descriptor);
                ProtectedMemory.Add(start, start + (Multiboot2.EfiPages(descriptor) << 12));
            }
        }
    }

    private static void GiveMemory()
    {
        ulong end = EarlyMemory.TakeRest(out ulong start);
        PhysicalMemory.AddRegion(start, end - start);

        // A share of a large machine's memory: 32 MiB are enough for some thousands of threads only.
        const ulong LargestShare = 1ul << 30;
        ulong share = Math.Min(MemoryMap.Size / 16, LargestShare) & ~0x1f_fffful;
        ulong behind = MemoryMap.TakeEnd(default(FirmwareMemory), ref s_information, share);
        if (share != 0 && behind != 0)
        {
            ProtectedMemory.Add(behind, behind + share);
            PhysicalMemory.AddRegion(behind, share);
        }

        Log.Line(LogLevel.Info, "% KiB for kernel objects"u8, PhysicalMemory.FreePages * PhysicalMemory.PageSize >> 10);
    }

    private static void PrintBanner()
    {
        Log.Begin(LogLevel.Info);
        Log.Write("Kilonova on "u8);
        Log.Write(CpuFeatures.IsIntel ? "Intel"u8 : CpuFeatures.IsAmd ? "AMD"u8 : "unknown"u8);
        Log.Write(" family $ model $ stepping $"u8, CpuFeatures.Family, CpuFeatures.Model, CpuFeatures.Stepping);
        Mention(CpuFeatures.HasSmep, " SMEP"u8);
        Mention(CpuFeatures.HasSmap, " SMAP"u8);
        Mention(CpuFeatures.HasUmip, " UMIP"u8);
        Mention(CpuFeatures.HasPcid, " PCID"u8);
        Mention(CpuFeatures.HasX2Apic, " x2APIC"u8);
        Log.End();
    }

    private static void Mention(bool present, ReadOnlySpan<byte> name)
    {
        if (present)
            Log.Write(name);
    }
}
