using System;
using System.Linq;
using Kilonova.Abi;
using Kilonova.Vmm.Exits;
using Kilonova.Vmm.Models;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>Accesses to devices that go the short way once they were executed: in 64-bit mode, with page tables as Linux has them.</summary>
public sealed class QuickMoveTests : ProcessorFixture
{
    private const ulong Table = 0x1_0000;
    private const ulong Code = 0x9000;
    private const ulong Device = 0xfec0_0000;
    private const ulong Window = 0xffff_8000_0000_0000;
    private const ulong WriteFault = SvmPageFault.Write | SvmPageFault.Final;
    private const ulong ReadFault = SvmPageFault.Final;

    private readonly PlainDevice _device = new();

    public QuickMoveTests()
        : base(VirtualizationKind.Svm, 0)
    {
        Flat();
        Assert.True(_mmio.Map(Device, 0x1000, _device));
        _state.CS.AccessRights |= (ushort)SegmentAccessRights.Long;
        _state.CS.AccessRights &= unchecked((ushort)~SegmentAccessRights.Big);
        _state.CR0 = Cr0.ProtectionEnable | Cr0.Paging | Cr0.WriteProtect;
        _state.CR4 = Cr4.PhysicalAddressExtension;
        _state.IA32_EFER = Efer.LongModeEnable | Efer.LongModeActive;
        _state.CR3 = Table;

        // Below 2 MiB memory as it lies; the device at the window.
        Put(Table, (Table + 0x1000) | 3);
        Put(Table + 0x1000, (Table + 0x2000) | 3);
        Put(Table + 0x2000, 0x83);
        Put(Table + (256 * 8), (Table + 0x3000) | 3);
        Put(Table + 0x3000, (Table + 0x4000) | 3);
        Put(Table + 0x4000, (Table + 0x5000) | 3);
        Put(Table + 0x5000, Device | 3);
    }

    [Theory]
    [InlineData("8907", 0x10, 4, 0x9abc_def0ul)]
    [InlineData("48894710", 0x20, 8, 0x1234_5678_9abc_def0ul)]
    [InlineData("c7441708efbeadde", 0x38, 4, 0xdead_beeful)]
    [InlineData("66890457", 0x50, 2, 0xdef0ul)]
    [InlineData("44880c17", 0x30, 1, 0x77ul)]
    public void A_store_goes_the_short_way_the_second_time(string bytes, ulong offset, int size, ulong value)
    {
        SetRegisters();
        Assert.Equal(1, Store(bytes, offset));
        Assert.Equal(0, Store(bytes, offset));
        Assert.Equal(0, Store(bytes, offset));
        Assert.Equal(Enumerable.Repeat((offset, size, value), 3), _device.Writes);
    }

    [Theory]
    [InlineData("8b07", 0x10, 0x5050_5050ul)]
    [InlineData("488b07", 0x10, 0x5050_5050_5050_5050ul)]
    [InlineData("8a07", 0x10, 0x1234_5678_9abc_de50ul)]
    [InlineData("0fb607", 0x10, 0x50ul)]
    [InlineData("480fb707", 0x10, 0x5050ul)]
    [InlineData("668b07", 0x10, 0x1234_5678_9abc_5050ul)]
    public void A_load_fills_as_much_of_the_register_as_the_processor_does(string bytes, ulong offset, ulong value)
    {
        for (int i = 0; i < 3; i++)
        {
            SetRegisters();
            Assert.Equal(i == 0 ? 1 : 0, Exit(bytes, offset, ReadFault));
            Assert.Equal(value, _state.RAX);
        }

        SetRegisters();
        _state.R9 = 1;
        Assert.Equal(1, Exit("448b0f", 0x10, ReadFault));
        Assert.Equal(0, Exit("448b0f", 0x10, ReadFault));
        Assert.Equal(0x5050_5050ul, _state.R9);
    }

    [Fact]
    public void What_has_changed_since_goes_the_long_way()
    {
        SetRegisters();
        Assert.Equal(1, Store("8907", 0x10));

        // Other bytes, then the same at the same place.
        Assert.Equal(1, Store("894704", 0x14));
        Assert.Equal(1, Store("8907", 0x10));
        Assert.Equal(0, Store("8907", 0x10));

        // A mapping that is gone and the processor still had: the fault is the guest's.
        Put(Table + 0x5000, 0);
        Write("8907");
        _state.RIP = Code;
        _state.Qualification1 = WriteFault;
        _state.Qualification3 = Device + 0x10;
        _ = _cpu.MemorySvm(ref _state);
        Assert.Equal(ValidInterrupt | (3 << 8) | (1 << 11) | Vectors.PageFault, _state.InterruptionInfo);
        _state.InterruptionInfo = 0;
        Put(Table + 0x5000, Device | 3);

        // The mapping is back, but the device's registers are read-only.
        Assert.Equal(0, Store("8907", 0x10));
        Put(Table + 0x5000, Device | 1);
        _state.RIP = Code;
        _ = _cpu.MemorySvm(ref _state);
        Assert.Equal(ValidInterrupt | (3 << 8) | (1 << 11) | Vectors.PageFault, _state.InterruptionInfo);
    }

    [Fact]
    public void An_access_that_is_not_the_exits_is_not_made()
    {
        SetRegisters();
        Assert.Equal(1, Store("8907", 0x10));
        _device.Writes.Clear();
        _state.RIP = Code;
        _state.Qualification1 = WriteFault;
        _state.Qualification3 = Device + 0x80;
        _ = _cpu.MemorySvm(ref _state);
        Assert.Equal(Code, _state.RIP);
        Assert.Empty(_device.Writes);
    }

    [Fact]
    public void A_device_with_vector_registers_and_a_single_step_go_the_long_way()
    {
        Put(Table + 0x5000, Mmio | 3);
        SetRegisters();
        for (int i = 0; i < 3; i++)
            Assert.Equal(1, Exit("8907", 0x10, WriteFault, Mmio));
        Put(Table + 0x5000, Device | 3);
        Assert.Equal(0, Store("8907", 0x10));
        _state.RFLAGS |= Rflags.Trap;
        Assert.Equal(1, Store("8907", 0x10));
        Assert.Equal(ValidInterrupt | (3 << 8) | Vectors.Debug, _state.InterruptionInfo);
    }

    [Fact]
    public void The_local_apics_page_lets_interrupts_through_that_it_held_back()
    {
        Put(Table + 0x5000, 0xfee0_0000 | 3);
        _state.RDI = Window;
        _state.RAX = 0xf0;
        Assert.Equal(1, Exit("898780000000", 0x80, WriteFault, 0xfee0_0000));
        Interrupt(0x41);
        _state.RAX = 0;
        Assert.Equal(0, Exit("898780000000", 0x80, WriteFault, 0xfee0_0000));
        Assert.Equal(ValidInterrupt | 0x41, _state.InterruptionInfo);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        SetRegisters();
        Write("8907");
        _device.Keeps = false;
        long before = 0;
        for (int i = 0; i < 1000; i++)
        {
            if (i == 10)
                before = GC.GetAllocatedBytesForCurrentThread();
            _state.RIP = Code;
            _state.Qualification1 = WriteFault;
            _state.Qualification3 = Device + 0x10;
            _ = _cpu.MemorySvm(ref _state);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private int Store(string bytes, ulong offset) => Exit(bytes, offset, WriteFault);

    // Executes an instruction at the device; how often the emulator was asked.
    private int Exit(string bytes, ulong offset, ulong fault, ulong device = Device)
    {
        int before = _emulated;
        int length = Write(bytes);
        _state.RIP = Code;
        _state.Qualification1 = fault;
        _state.Qualification3 = device + offset;
        Mtd result = _cpu.MemorySvm(ref _state);
        Assert.NotEqual(Mtd.None, result & Mtd.RIP);
        Assert.Equal(Code + (ulong)length, _state.RIP);
        return _emulated - before;
    }

    private int Write(string bytes)
    {
        byte[] code = Convert.FromHexString(bytes);
        Assert.True(_memory.Write(Code, code));
        return code.Length;
    }

    private void Put(ulong address, ulong entry) => Assert.True(_memory.TryStore(address, sizeof(ulong), entry));

    private void SetRegisters()
    {
        _state.RAX = 0x1234_5678_9abc_def0;
        _state.RDI = Window + 0x10;
        _state.RDX = 0x20;
        _state.R9 = 0x77;
    }

    // What is written, and the same byte everywhere.
    private sealed class PlainDevice : IPlainMmioDevice
    {
        public bool Keeps { get; set; } = true;

        public System.Collections.Generic.List<(ulong Offset, int Size, ulong Value)> Writes { get; } = [];

        public ulong ReadMmio(ulong offset, int size) => 0x5050_5050_5050_5050;

        public void WriteMmio(ulong offset, int size, ulong value)
        {
            if (Keeps)
                Writes.Add((offset, size, value));
        }
    }
}
