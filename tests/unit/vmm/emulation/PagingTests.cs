using Kilonova.Abi;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class PagingTests
{
    private const ulong Linear = 0x4020_3000;
    private const ulong Table = 0x8_0000;
    private const ulong Page = 0x5000;

    private const uint Present = 1;
    private const uint Write = 2;
    private const uint User = 4;
    private const uint Reserved = 8;
    private const uint Fetch = 16;

    public enum Mode
    {
        TwoLevel,
        Pae,
        FourLevel,
        FiveLevel,
    }

    /// <summary>Builds tables that map Linear to Page, and the code and all below 2 MiB to themselves.</summary>
    private static Bench Paged(Mode mode, ulong leaf = 7, ulong upper = 7)
    {
        var bench = new Bench(mode >= Mode.FourLevel ? 64 : 32);
        CpuState cpu = bench.Cpu;
        cpu.Cr0 |= Cr0.Paging | Cr0.WriteProtect;
        cpu.Cr3 = Table;
        cpu.Efer |= Efer.NoExecuteEnable;
        if (mode == Mode.TwoLevel)
        {
            cpu.Cr4 |= Cr4.PageSizeExtensions;
            bench.Put(Table, 4, 0x87);
            bench.Put(Table + (4 * (Linear >> 22)), 4, (Table + 0x1000) | upper);
            bench.Put(Table + 0x1000 + (4 * ((Linear >> 12) & 0x3ff)), 4, Page | leaf);
            return bench;
        }

        cpu.Cr4 |= Cr4.PhysicalAddressExtension | (mode == Mode.FiveLevel ? Cr4.LinearAddress57 : 0);
        ulong table = Table;
        if (mode == Mode.FiveLevel)
        {
            bench.Put(table, 8, (table + 0x1000) | 7);
            table += 0x1000;
        }

        if (mode >= Mode.FourLevel)
        {
            bench.Put(table, 8, (table + 0x1000) | 7);
            table += 0x1000;
        }

        ulong directory = mode == Mode.Pae ? 1u : upper;
        bench.Put(table, 8, (table + 0x1000) | (mode == Mode.Pae ? 1u : 7));
        bench.Put(table + 8, 8, (table + 0x2000) | directory);
        bench.Put(table + 0x1000, 8, 0x87);
        bench.Put(table + 0x2000 + (8 * ((Linear >> 21) & 0x1ff)), 8, (table + 0x3000) | upper);
        bench.Put(table + 0x3000 + (8 * ((Linear >> 12) & 0x1ff)), 8, Page | leaf);
        bench.Put(table + 0x3000 + (8 * (((Linear >> 12) & 0x1ff) + 1)), 8, (Page - 0x1000) | leaf);
        return bench;
    }

    private static void AsUser(Bench bench) => bench.Segment(SegmentRegister.Ss).Rights |= 3 << SegmentAccessRights.DplShift;

    private static void PageFaults(Bench bench, ulong address, uint errorCode, params byte[] instruction)
    {
        bench.Faults(Vectors.PageFault, errorCode, instruction);
        Assert.Equal(address, bench.Cpu.Cr2);
    }

    [Theory]
    [InlineData(Mode.TwoLevel)]
    [InlineData(Mode.Pae)]
    [InlineData(Mode.FourLevel)]
    [InlineData(Mode.FiveLevel)]
    public void Every_mode_translates_and_marks_what_it_uses(Mode mode)
    {
        Bench bench = Paged(mode);
        bench.Cpu.Gpr[0] = Linear + 0x10;
        bench.Cpu.Gpr[1] = 0x77;
        ulong leaf = mode switch
        {
            Mode.TwoLevel => Table + 0x1000 + (4 * 0x203),
            Mode.Pae => Table + 0x3000 + 0x18,
            Mode.FourLevel => Table + 0x4000 + 0x18,
            _ => Table + 0x5000 + 0x18,
        };
        bench.Done(0x8a, 0x10);
        Assert.Equal(0x27ul, bench.Get(leaf, 4) & 0xfff);
        bench.Done(0x88, 0x08);
        Assert.Equal(0x67ul, bench.Get(leaf, 4) & 0xfff);
        Assert.Equal(0x77ul, bench.Get(Page + 0x10, 1));
    }

    [Theory]
    [InlineData(Mode.TwoLevel)]
    [InlineData(Mode.Pae)]
    [InlineData(Mode.FourLevel)]
    public void Missing_pages_fault_without_the_present_bit(Mode mode)
    {
        Bench bench = Paged(mode, leaf: 0);
        bench.Cpu.Gpr[0] = Linear + 4;
        PageFaults(bench, Linear + 4, 0, 0x8b, 0x00);
        PageFaults(bench, Linear + 4, Write, 0x89, 0x00);
        AsUser(bench);
        PageFaults(bench, Linear + 4, Write | User, 0x89, 0x00);
    }

    [Theory]
    [InlineData(Mode.TwoLevel, 5ul, 7ul)]
    [InlineData(Mode.Pae, 7ul, 5ul)]
    [InlineData(Mode.FourLevel, 7ul, 5ul)]
    public void Read_only_pages_refuse_writes_unless_a_supervisor_ignores_them(Mode mode, ulong leaf, ulong upper)
    {
        Bench bench = Paged(mode, leaf, upper);
        bench.Cpu.Gpr[0] = Linear;
        bench.Done(0x8b, 0x08);
        PageFaults(bench, Linear, Present | Write, 0x89, 0x00);
        // A read-modify-write faults as a write.
        PageFaults(bench, Linear, Present | Write, 0x83, 0x00, 1);
        bench.Cpu.Cr0 &= ~Cr0.WriteProtect;
        bench.Done(0x89, 0x00);
        AsUser(bench);
        PageFaults(bench, Linear, Present | Write | User, 0x89, 0x00);
    }

    [Fact]
    public void Supervisor_pages_refuse_users()
    {
        Bench bench = Paged(Mode.FourLevel, leaf: 3);
        bench.Cpu.Gpr[0] = Linear;
        bench.Done(0x8b, 0x08);
        AsUser(bench);
        PageFaults(bench, Linear, Present | User, 0x8b, 0x08);
    }

    [Fact]
    public void Supervisor_access_prevention_guards_user_pages()
    {
        Bench bench = Paged(Mode.FourLevel);
        // The code's own page must be a supervisor page for this CPU.
        bench.Put(Table + 0x2000, 8, 0x83);
        bench.Cpu.Cr4 |= Cr4.SupervisorAccessPrevention | Cr4.SupervisorExecutionPrevention;
        bench.Cpu.Gpr[0] = Linear;
        PageFaults(bench, Linear, Present, 0x8b, 0x08);
        bench.Cpu.Rflags |= Rflags.AlignmentCheck;
        bench.Done(0x8b, 0x08);
    }

    [Fact]
    public void Execution_is_refused_on_data_pages_and_by_prevention()
    {
        Bench bench = Paged(Mode.FourLevel);
        bench.Put(Table + 0x4000 + 0x18, 8, Page | 7 | (1ul << 63));
        bench.Cpu.Rip = Linear;
        Assert.Equal(EmulationStatus.Fault, bench.Emulator.Execute(bench.Cpu, default));
        Assert.Equal(Present | Fetch, bench.Emulator.FaultErrorCode);
        bench.Put(Table + 0x4000 + 0x18, 8, Page | 7);
        bench.Put(Page, 2, 0x0888);
        bench.Cpu.Gpr[0] = 0x6000;
        Assert.Equal(EmulationStatus.Done, bench.Emulator.Execute(bench.Cpu, default));
        bench.Cpu.Rip = Linear;
        bench.Cpu.Cr4 |= Cr4.SupervisorExecutionPrevention;
        Assert.Equal(EmulationStatus.Fault, bench.Emulator.Execute(bench.Cpu, default));
        Assert.Equal(Linear, bench.Cpu.Cr2);
        Assert.Equal(Present | Fetch, bench.Emulator.FaultErrorCode);
    }

    [Theory]
    [InlineData(Mode.FourLevel, 1ul << 51)]
    [InlineData(Mode.Pae, 1ul << 60)]
    public void Reserved_bits_fault_as_such(Mode mode, ulong bit)
    {
        Bench bench = Paged(mode, leaf: 7 | bit);
        bench.Cpu.Gpr[0] = Linear;
        PageFaults(bench, Linear, Present | Reserved, 0x8b, 0x00);
    }

    [Fact]
    public void Without_no_execute_its_bit_is_reserved()
    {
        Bench bench = Paged(Mode.FourLevel, leaf: 7 | (1ul << 63));
        bench.Cpu.Gpr[0] = Linear;
        bench.Done(0x8b, 0x08);
        bench.Cpu.Efer &= ~Efer.NoExecuteEnable;
        PageFaults(bench, Linear, Present | Reserved, 0x8b, 0x08);
    }

    [Fact]
    public void An_access_over_two_pages_faults_at_the_second_and_writes_neither()
    {
        Bench bench = Paged(Mode.FourLevel);
        bench.Put(Table + 0x4000 + 0x20, 8, 0);
        bench.Cpu.Gpr[0] = Linear + 0xffe;
        bench.Cpu.Gpr[1] = 0x4433_2211;
        PageFaults(bench, Linear + 0x1000, Write, 0x89, 0x08);
        Assert.Equal(0ul, bench.Get(Page + 0xffe, 2));
        bench.Put(Table + 0x4000 + 0x20, 8, (Page - 0x1000) | 7);
        bench.Done(0x89, 0x08);
        Assert.Equal(0x2211ul, bench.Get(Page + 0xffe, 2));
        Assert.Equal(0x4433ul, bench.Get(Page - 0x1000, 2));
        bench.Done(0x8b, 0x10);
        Assert.Equal(0x4433_2211ul, bench.Cpu.Gpr[2]);
    }

    [Fact]
    public void An_instruction_over_two_pages_is_fetched_from_both()
    {
        Bench bench = Paged(Mode.FourLevel);
        byte[] instruction = [0xc7, 0x04, 0x25, 0x00, 0x20, 0x00, 0x00, 0x78, 0x56, 0x34, 0x12];
        for (int split = 1; split < instruction.Length; split++)
        {
            bench.Cpu.Rip = Linear + 0x1000 - (ulong)split;
            for (int i = 0; i < instruction.Length; i++)
                bench.Bytes[i < split ? (int)Page + 0x1000 - split + i : (int)Page - 0x1000 + i - split] = instruction[i];
            bench.Put(0x2000, 4, 0);
            Assert.Equal(EmulationStatus.Done, bench.Emulator.Execute(bench.Cpu, default));
            Assert.Equal(0x1234_5678ul, bench.Get(0x2000, 4));
        }

        bench.Put(Table + 0x4000 + 0x20, 8, 0);
        bench.Cpu.Rip = Linear + 0xffe;
        bench.Bytes[Page + 0xffe] = 0xc7;
        bench.Bytes[Page + 0xfff] = 0x04;
        Assert.Equal(EmulationStatus.Fault, bench.Emulator.Execute(bench.Cpu, default));
        Assert.Equal(Linear + 0x1000, bench.Cpu.Cr2);
        Assert.Equal(Fetch, bench.Emulator.FaultErrorCode);
        // A short instruction at the end of its page does not need the next one.
        bench.Bytes[Page + 0xffe] = 0x88;
        bench.Bytes[Page + 0xfff] = 0x08;
        bench.Cpu.Gpr[0] = 0x2000;
        Assert.Equal(EmulationStatus.Done, bench.Emulator.Execute(bench.Cpu, default));
    }

    [Fact]
    public void Large_pages_of_all_sizes_translate()
    {
        Bench bench = Paged(Mode.FourLevel);
        bench.Put(Table + 0x1000 + 8, 8, 0x87);
        bench.Cpu.Gpr[0] = 0x4000_0000 + 0x2345;
        bench.Done(0xc6, 0x00, 9);
        Assert.Equal(9ul, bench.Get(0x2345, 1));
        bench.Put(Table + 0x1000 + 8, 8, 0x2087);
        PageFaults(bench, 0x4000_2345, Present | Reserved | Write, 0xc6, 0x00, 9);
    }

    [Fact]
    public void Page_directory_pointers_come_from_the_processor_if_it_has_them()
    {
        Bench bench = Paged(Mode.Pae);
        bench.Cpu.HasPdptes = true;
        bench.Cpu.Pdptes[0] = (Table + 0x1000) | 1;
        bench.Cpu.Pdptes[1] = 0;
        bench.Cpu.Gpr[0] = Linear;
        PageFaults(bench, Linear, 0, 0x8b, 0x00);
        bench.Cpu.Pdptes[1] = (Table + 0x2000) | 1;
        bench.Done(0x8b, 0x00);
    }

    [Fact]
    public void Tables_outside_memory_are_reported()
    {
        Bench bench = Paged(Mode.FourLevel);
        bench.Put(Table + 0x1000 + 8, 8, 0xd000_0007);
        bench.Cpu.Gpr[0] = Linear;
        Assert.Equal(EmulationStatus.NoMemory, bench.Run(0x8b, 0x00));
        Assert.Equal(Bench.Code, bench.Cpu.Rip);
    }

    [Fact]
    public void A_string_instruction_stops_at_the_fault_with_its_work_so_far()
    {
        Bench bench = Paged(Mode.FourLevel);
        bench.Put(Table + 0x4000 + 0x20, 8, 0);
        bench.Cpu.Gpr[7] = Linear + 0xff0;
        bench.Cpu.Gpr[1] = 100;
        bench.Cpu.Gpr[0] = 0xaa;
        PageFaults(bench, Linear + 0x1000, Write, 0xf3, 0xaa);
        Assert.Equal(84ul, bench.Cpu.Gpr[1]);
        Assert.Equal(Linear + 0x1000, bench.Cpu.Gpr[7]);
        Assert.Equal(0xaaul, bench.Get(Page + 0xfff, 1));
    }
}
