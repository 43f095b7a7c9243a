using Kilonova.Abi;
using Kilonova.Formats.Acpi;
using Kilonova.Nova;
using Kilonova.Registers;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Dma;

/// <summary>
/// QEMU's educational device (docs/specs/edu): it copies between memory and a buffer of its own, and sends a message when it is told to.
/// It answers to accesses of four bytes only: a read that the compiler has narrowed finds it idle while it works, and nothing arrives.
/// </summary>
internal static unsafe class EduDevice
{
    private const uint Identifier = 0x11e8_1234;
    private const uint AddressPort = 0xcf8;
    private const uint DataPort = 0xcfc;
    private const uint PortOrder = 3;
    private const uint Functions = 256;

    private const uint Command = 0x04;
    private const uint Bar = 0x10;
    private const uint CapabilityPointer = 0x34;
    private const uint MsiCapability = 5;
    private const uint MemoryAndMaster = 6;
    private const uint MsiEnable = 1 << 16;

    private const int InterruptStatus = 0x24;
    private const int RaiseInterrupt = 0x60;
    private const int AcknowledgeInterrupt = 0x64;
    private const int DmaSource = 0x80;
    private const int DmaDestination = 0x88;
    private const int DmaCount = 0x90;
    private const int DmaCommand = 0x98;
    private const uint Start = 1;
    private const uint ToMemory = 2;
    private const uint Buffer = 0x4_0000;

    private static MappedRegisters s_registers;

    /// <summary>Bus, device and function.</summary>
    internal static uint Requester { get; private set; }

    /// <summary>Page of the IOMMU's registers.</summary>
    internal static ulong UnitPage { get; private set; }

    /// <summary>Finds the device on bus 0, and the IOMMU in the firmware's table.</summary>
    internal static void Find()
    {
        RootTask.Require(RootTask.NovaPioSpace.Delegate(RootTask.PioSpace, AddressPort, PortOrder), "ports"u8);
        var table = FirmwareTables.Find(AcpiSignature.Dmar);
        var cursor = 0u;
        for (var entry = Dmar.Next(table, ref cursor); !entry.IsEmpty; entry = Dmar.Next(table, ref cursor))
        {
            if (Dmar.Type(entry) == DmarType.HardwareUnit)
                UnitPage = Dmar.UnitAddress(entry) >> 12;
        }

        while (Requester < Functions && Configuration(0) != Identifier)
            Requester++;

        if (Requester == Functions || UnitPage == 0)
            Faults.Fail("needs QEMU's devices edu and intel-iommu"u8);

        Configure(Command, Configuration(Command) | MemoryAndMaster);
        var page = Lab.EmptyPage();
        RootTask.Require(
            RootTask.NovaHostSpace.Delegate(
                RootTask.HostSpace, Configuration(Bar) >> 12, page, 0, MemoryPermissions.R | MemoryPermissions.W, (uint)Cacheability.UC),
            "registers"u8);
        s_registers = new MappedRegisters(page << 12, 1 << 12);
    }

    /// <summary>Lets the device copy from a DMA address into its buffer, and from there to another one; waits until it has tried.</summary>
    internal static void Copy(ulong from, ulong to, uint bytes)
    {
        Transfer(from, Buffer, bytes, 0);
        Transfer(Buffer, to, bytes, ToMemory);
    }

    /// <summary>Lets the device write its buffer to a DMA address, and waits until it has tried.</summary>
    internal static void Write(ulong to, uint bytes) => Transfer(Buffer, to, bytes, ToMemory);

    /// <summary>Lets the device read from a DMA address, and waits until it has tried.</summary>
    internal static void Read(ulong from, uint bytes) => Transfer(from, Buffer, bytes, 0);

    /// <summary>Programs the device's message.</summary>
    internal static void SetMessage(ulong address, ulong data)
    {
        var capability = Configuration(CapabilityPointer) & 0xff;
        while (capability != 0 && (Configuration(capability) & 0xff) != MsiCapability)
            capability = (Configuration(capability) >> 8) & 0xff;

        Configure(capability + 4, (uint)address);
        Configure(capability + 8, (uint)(address >> 32));
        Configure(capability + 12, (uint)data);
        Configure(capability, Configuration(capability) | MsiEnable);
    }

    /// <summary>Lets the device send its message.</summary>
    internal static void Interrupt()
    {
        s_registers.Write32(RaiseInterrupt, 1);
        s_registers.Write32(AcknowledgeInterrupt, s_registers.Read32(InterruptStatus));
    }

    private static void Transfer(ulong source, ulong destination, uint bytes, uint direction)
    {
        s_registers.Write32(DmaSource, (uint)source);
        s_registers.Write32(DmaDestination, (uint)destination);
        s_registers.Write32(DmaCount, bytes);
        s_registers.Write32(DmaCommand, Start | direction);
        var deadline = Lab.After(5000);
        while ((s_registers.Read32(DmaCommand) & Start) != 0)
        {
            Check.True(Platform.Time < deadline, "the device finishes"u8);
            if (Suite.HasFailed)
                return;

            Lab.Sleep(1);
        }
    }

    private static uint Configuration(uint register)
    {
        Ports.Out32(AddressPort, 0x8000_0000 | (Requester << 8) | register);
        return Ports.In32(DataPort);
    }

    private static void Configure(uint register, uint value)
    {
        Ports.Out32(AddressPort, 0x8000_0000 | (Requester << 8) | register);
        Ports.Out32(DataPort, value);
    }
}
