using System;
using Kilonova.Abi;
using Xunit;

namespace Kilonova.Nova.Tests;

/// <summary>Which registers each hypercall passes and reads: section 8.8 of the specification, written out once more in plain numbers.</summary>
public sealed class EncodingTests : IDisposable
{
    private static readonly ProtectionDomain s_domain = new(0x123);

    private SyscallRegisters _seen;
    private SyscallRegisters _results;

    public EncodingTests() =>
        Syscall.Kernel = (ref SyscallRegisters registers) =>
        {
            _seen = registers;
            var rdi = _results.Rdi;
            registers = _results;
            registers.Rdi = rdi | 0xffff_ff00;
        };

    public void Dispose() => Syscall.Kernel = null;

    [Theory]
    [InlineData(CreatePdOperation.ProtectionDomain, 0x4502ul)]
    [InlineData(CreatePdOperation.ObjectSpace, 0x4512ul)]
    [InlineData(CreatePdOperation.HostSpace, 0x4522ul)]
    [InlineData(CreatePdOperation.GuestSpace, 0x4532ul)]
    [InlineData(CreatePdOperation.DmaSpace, 0x4542ul)]
    [InlineData(CreatePdOperation.PioSpace, 0x4552ul)]
    [InlineData(CreatePdOperation.MsrSpace, 0x4562ul)]
    public void Create_pd_carries_the_operation_in_its_flags(CreatePdOperation operation, ulong identifier)
    {
        _ = Hypercalls.CreatePd(operation, 0x45, 0x123);

        Assert.Equal(identifier, _seen.Rdi);
        Assert.Equal(0x123ul, _seen.Rsi);
    }

    [Fact]
    public void Spaces_are_created_by_their_own_operation()
    {
        Assert.Equal(0x4512ul, Seen(() => ObjectSpace.Create(0x45, s_domain)).Rdi);
        Assert.Equal(0x4522ul, Seen(() => HostSpace.Create(0x45, s_domain)).Rdi);
        Assert.Equal(0x4532ul, Seen(() => GuestSpace.Create(0x45, s_domain)).Rdi);
        Assert.Equal(0x4542ul, Seen(() => DmaSpace.Create(0x45, s_domain)).Rdi);
        Assert.Equal(0x4552ul, Seen(() => PioSpace.Create(0x45, s_domain)).Rdi);
        Assert.Equal(0x4562ul, Seen(() => MsrSpace.Create(0x45, s_domain)).Rdi);
        Assert.Equal(0x4502ul, Seen(() => ProtectionDomain.Create(0x45, s_domain)).Rdi);
    }

    [Theory]
    [InlineData(false, 0x4503ul)]
    [InlineData(true, 0x4543ul)]
    public void A_local_thread_has_flag_T_clear(bool fpu, ulong identifier)
    {
        _ = ExecutionContext.CreateLocal(0x45, s_domain, 0x7_ffff_ffff, 0xabc, 0x8000, 0x40, fpu);

        Assert.Equal(identifier, _seen.Rdi);
        Assert.Equal(0x123ul, _seen.Rsi);
        Assert.Equal(0x7fff_ffff_fabcul, _seen.Rdx);
        Assert.Equal(0x8000ul, _seen.Rax);
        Assert.Equal(0x40ul, _seen.R8);
    }

    [Fact]
    public void A_global_thread_has_flag_T_set() =>
        Assert.Equal(0x4523ul, Seen(() => ExecutionContext.CreateGlobal(0x45, s_domain, 1, 0, 0, 0)).Rdi);

    [Theory]
    [InlineData(false, 0x4553ul)]
    [InlineData(true, 0x4573ul)]
    public void A_virtual_cpu_has_flag_G_set(bool offset, ulong identifier) =>
        Assert.Equal(identifier, Seen(() => ExecutionContext.CreateGuest(0x45, s_domain, 1, 0, 0, offset)).Rdi);

    [Fact]
    public void A_scheduling_descriptor_packs_class_priority_and_budget()
    {
        var ec = new ExecutionContext(0x77);
        var seen = Seen(() => SchedulingContext.Create(0x45, s_domain, ec, SchedulingDescriptor.Slice(0x7f, 1000, 3)));

        Assert.Equal(0x4504ul, seen.Rdi);
        Assert.Equal(0x123ul, seen.Rsi);
        Assert.Equal(0x77ul, seen.Rdx);
        Assert.Equal((3ul << 23) | (0x7ful << 16) | 1000, seen.Rax);
    }

    [Fact]
    public void A_reserved_descriptor_sets_bit_63_and_the_period() =>
        Assert.Equal((1ul << 63) | (20_000ul << 39) | (5ul << 16) | 400, SchedulingDescriptor.Reserved(5, 400, 20_000).Raw);

    [Fact]
    public void Create_pt_passes_thread_and_address()
    {
        var seen = Seen(() => Portal.Create(0x45, s_domain, new ExecutionContext(0x77), 0x1000_0000));

        Assert.Equal(0x4505ul, seen.Rdi);
        Assert.Equal(0x123ul, seen.Rsi);
        Assert.Equal(0x77ul, seen.Rdx);
        Assert.Equal(0x1000_0000ul, seen.Rax);
    }

    [Fact]
    public void Create_sm_passes_the_counter()
    {
        var seen = Seen(() => Semaphore.Create(0x45, s_domain, ulong.MaxValue));

        Assert.Equal(0x4506ul, seen.Rdi);
        Assert.Equal(ulong.MaxValue, seen.Rdx);
    }

    [Fact]
    public void Ctrl_pd_packs_order_and_permissions_below_the_bases()
    {
        var seen = Seen(() => new HostSpace(0x45).Delegate(
            new HostSpace(0x46), 0x1_0000, 0x2_0000, 9, MemoryPermissions.R | MemoryPermissions.XU, (uint)Cacheability.UC));

        Assert.Equal(0x4507ul, seen.Rdi);
        Assert.Equal(0x46ul, seen.Rsi);
        Assert.Equal(0x1000_0009ul, seen.Rdx);
        Assert.Equal(0x2000_0005ul, seen.Rax);
        Assert.Equal(3ul, seen.R8);
    }

    [Fact]
    public void Ports_and_registers_keep_their_numbers()
    {
        var ports = Seen(() => new PioSpace(0x45).Delegate(new PioSpace(0x46), 0x3f8, 3));
        Assert.Equal(0x3f_8003ul, ports.Rdx);
        Assert.Equal(0x3f_8001ul, ports.Rax);

        var registers = Seen(() => new MsrSpace(0x45).Delegate(new MsrSpace(0x46), 0xc000_0080, 0, MsrPermissions.R | MsrPermissions.W));
        Assert.Equal(0xc00_0008_0000ul, registers.Rdx);
        Assert.Equal(0xc00_0008_0003ul, registers.Rax);
    }

    [Fact]
    public void Removing_delegates_to_itself_without_permissions()
    {
        var seen = Seen(() => new ObjectSpace(0x45).Remove(0x40, 6));

        Assert.Equal(0x4507ul, seen.Rdi);
        Assert.Equal(0x45ul, seen.Rsi);
        Assert.Equal(0x4_0006ul, seen.Rdx);
        Assert.Equal(0x4_0000ul, seen.Rax);
    }

    [Theory]
    [InlineData(false, 0x4508ul)]
    [InlineData(true, 0x4518ul)]
    public void Recall_says_whether_it_waits(bool strong, ulong identifier) =>
        Assert.Equal(identifier, Seen(() => new ExecutionContext(0x45).Recall(strong)).Rdi);

    [Fact]
    public void Ctrl_sc_returns_rsi()
    {
        _results.Rsi = 0x1234_5678_9abc;

        Assert.Equal(Status.SUCCESS, new SchedulingContext(0x45).ReadTime(out var consumed));
        Assert.Equal(0x4509ul, _seen.Rdi);
        Assert.Equal(0x1234_5678_9abcul, consumed);
    }

    [Fact]
    public void Ctrl_pt_passes_identifier_and_mtd()
    {
        var seen = Seen(() => new Portal(0x45).Configure(0xdead_beef_0000, Mtd.RIP | Mtd.SPACES));

        Assert.Equal(0x450aul, seen.Rdi);
        Assert.Equal(0xdead_beef_0000ul, seen.Rsi);
        Assert.Equal(0x8000_0010ul, seen.Rdx);
    }

    [Fact]
    public void Semaphore_operations_differ_in_their_flags()
    {
        var semaphore = new Semaphore(0x45);
        Assert.Equal(0x450bul, Seen(() => semaphore.Up()).Rdi);
        Assert.Equal(0x451bul, Seen(() => semaphore.Down()).Rdi);
        Assert.Equal(0ul, _seen.Rsi);
        Assert.Equal(0x451bul, Seen(() => semaphore.Down(77)).Rdi);
        Assert.Equal(77ul, _seen.Rsi);
        Assert.Equal(0x453bul, Seen(() => semaphore.DownToZero(78)).Rdi);
        Assert.Equal(78ul, _seen.Rsi);
    }

    [Fact]
    public void Ctrl_hw_has_its_descriptor_where_selectors_are()
    {
        Assert.Equal((((2ul << 6) | (1ul << 3) | 5) << 8) | 0xc, Seen(() => Platform.Sleep(5, 1, 2)).Rdi);
        Assert.Equal(0x70cul, Seen(() => Platform.Reset()).Rdi);
    }

    [Fact]
    public void Assign_int_returns_message_address_and_data()
    {
        _results.Rsi = 0xfee0_1000;
        _results.Rdx = 0x4041;

        var status = new Semaphore(0x45).AssignInterrupt(AssignIntFlags.Level | AssignIntFlags.Masked, 3, 0x1f2, out var address, out var data);

        Assert.Equal(Status.SUCCESS, status);
        Assert.Equal(0x453dul, _seen.Rdi);
        Assert.Equal(3ul, _seen.Rsi);
        Assert.Equal(0x1f2ul, _seen.Rdx);
        Assert.Equal(0xfee0_1000ul, address);
        Assert.Equal(0x4041ul, data);
    }

    [Fact]
    public void Assign_dev_passes_the_unit_by_its_page()
    {
        var seen = Seen(() => new DmaSpace(0x45).AssignDevice(0xfed90, 0x1_0203));

        Assert.Equal(0x450eul, seen.Rdi);
        Assert.Equal(0xfed9_0000ul, seen.Rsi);
        Assert.Equal(0x1_0203ul, seen.Rdx);
    }

    [Fact]
    public void A_call_sends_words_minus_one_and_reads_the_reply_mtd()
    {
        _results.Rsi = 511;

        Assert.Equal(Status.SUCCESS, new Portal(0x45).Call(4, out var words));
        Assert.Equal(0x4500ul, _seen.Rdi);
        Assert.Equal(3ul, _seen.Rsi);
        Assert.Equal(512u, words);

        _results.Rdi = (ulong)Status.TIMEOUT;
        Assert.Equal(Status.TIMEOUT, new Portal(0x45).TryCall(1, out _));
        Assert.Equal(0x4510ul, _seen.Rdi);
    }

    [Fact]
    public void A_call_with_items_opens_windows()
    {
        _results.Rsi = 1;
        _results.Rdx = 3;
        var items = 2u;

        _ = new Portal(0x45).Call(5, ref items, new Window(0x80, 4), Window.Closed, new Window(0x3f8, 3), out var words);

        Assert.Equal(0x4560ul, _seen.Rdi);
        Assert.Equal(4ul, _seen.Rsi);
        Assert.Equal(2ul, _seen.Rdx);
        Assert.Equal(0x8_0004ul, _seen.Rax);
        Assert.Equal(0ul, _seen.R8);
        Assert.Equal(0x3f_8003ul, _seen.R9);
        Assert.Equal(3u, items);
        Assert.Equal(2u, words);
    }

    [Fact]
    public void Extensions_carry_their_operation_in_the_flags()
    {
        Assert.Equal(0x452ful, Seen(() => Extension.Revoke(0x45, 0x40, 3, 0x1f, true)).Rdi);
        Assert.Equal(0x4_0003ul, _seen.Rdx);
        Assert.Equal(0x3ful, _seen.Rax);
        Assert.Equal(0x454ful, Seen(() => new ProtectionDomain(0x45).Kill()).Rdi);
        Assert.Equal(0x451ful, Seen(() => new ExecutionContext(0x45).SetWindow(new Window(0x40, 2), Window.Closed, Window.Closed)).Rdi);
        Assert.Equal(0x4_0002ul, _seen.Rax);
    }

    [Fact]
    public void Lookup_takes_its_results_apart()
    {
        _results.Rdx = 0x12_3000_0009;
        _results.Rax = 0xd07;
        _results.R8 = 3;

        Assert.Equal(Status.SUCCESS, Extension.Lookup(0x45, 0x12_3456, out var mapping));
        Assert.Equal(0x453ful, _seen.Rdi);
        Assert.Equal(0x1_2345_6000ul, _seen.Rdx);
        Assert.Equal(CapabilityType.Memory, mapping.Type);
        Assert.Equal(0x1_2300_00ul, mapping.Base);
        Assert.Equal(9u, mapping.Order);
        Assert.Equal(7u, mapping.Permissions);
        Assert.Equal(3u, mapping.Attributes);
    }

    [Fact]
    public void Device_contexts_carry_their_operation_in_RAX()
    {
        var device = new DeviceContext(0x45);
        Assert.Equal(0x456ful, Seen(() => DeviceContext.Create(0x45, s_domain, 0x1_0208, 0x1_020f)).Rdi);
        Assert.Equal((s_domain.Selector, 0x1_0208ul, 0ul, 0x1_020ful), (_seen.Rsi, _seen.Rdx, _seen.Rax, _seen.R8));
        Assert.Equal((1ul, 0x46ul), (Seen(() => device.Assign(new DmaSpace(0x46))).Rax, _seen.Rsi));
        Assert.Equal(2ul, Seen(() => device.Remove()).Rax);
        Assert.Equal((4ul, 0x46ul), (Seen(() => device.Detach(new Semaphore(0x46))).Rax, _seen.Rsi));
        Assert.Equal((5ul, 0x46ul), (Seen(() => device.Watch(new Semaphore(0x46))).Rax, _seen.Rsi));

        _results.Rsi = 0xfee0_0050;
        _results.Rdx = 7;
        Assert.Equal(Status.SUCCESS, device.Attach(new Semaphore(0x46), AssignIntFlags.Masked, 9, out var address, out var data));
        Assert.Equal((3ul, 0x46ul, 1ul, 9ul), (_seen.Rax, _seen.Rsi, _seen.Rdx, _seen.R8));
        Assert.Equal((0xfee0_0050ul, 7ul), (address, data));
    }

    [Fact]
    public void Faults_of_devices_are_taken_apart()
    {
        _results.Rsi = 3;
        _results.Rdx = 0x12_3000;
        _results.R8 = 0x0001_0208_0000_0502;

        Assert.Equal(Status.SUCCESS, new DeviceContext(0x45).Look(out var faults));
        Assert.Equal(6ul, _seen.Rax);
        Assert.Equal((3ul, 0x12_3000ul, DeviceFault.Write), (faults.Count, faults.Address, faults.Fault));
        Assert.Equal(((byte)5, 0x1_0208u), (faults.Reason, faults.Requester));

        _results.Rdi = (ulong)Status.BAD_CAP;
        Assert.Equal(Status.BAD_CAP, new DeviceContext(0x45).Look(out faults));
        Assert.Equal(0ul, faults.Count);
    }

    [Fact]
    public void Pages_leave_a_DMA_space_by_the_name_of_any_source()
    {
        var seen = Seen(() => new DmaSpace(0x45).Remove(new HostSpace(0x44), 0x1000, 3));
        Assert.Equal((0x4407ul, 0x45ul, 3ul, 0x100_0000ul), (seen.Rdi, seen.Rsi, seen.Rdx, seen.Rax));
    }

    [Fact]
    public void Quota_reports_what_is_free_and_used()
    {
        _results.Rdx = 100;
        _results.Rax = 28;

        Assert.Equal(Status.SUCCESS, new ProtectionDomain(0x45).MoveQuota(new ProtectionDomain(0x46), 16, out var free, out var used));
        Assert.Equal(0x455ful, _seen.Rdi);
        Assert.Equal(0x46ul, _seen.Rsi);
        Assert.Equal(16ul, _seen.Rdx);
        Assert.Equal(100ul, free);
        Assert.Equal(28ul, used);
    }

    [Fact]
    public void The_status_is_the_low_byte_of_rdi()
    {
        foreach (var status in Enum.GetValues<Status>())
        {
            _results.Rdi = (ulong)status;
            Assert.Equal(status, new Semaphore(1).Up());
        }
    }

    [Fact]
    public void An_item_lies_before_its_predecessor_at_the_end_of_the_utcb()
    {
        Assert.Equal(510, Item.WordIndex(0));
        Assert.Equal(508, Item.WordIndex(1));
        Assert.Equal(384, Item.WordIndex(TypedItem.MaxCount - 1));
    }

    [Fact]
    public void An_item_packs_base_operation_kind_and_order()
    {
        var item = Item.Translate(ItemKind.Memory, 0x1234, 7, 0x1f);
        Assert.Equal(0x123_4127ul, item.Word0);
        Assert.Equal(0x1ful, item.Word1);

        var delegated = Item.Delegate(ItemKind.Port, 0x3f8, 3, 1, hotspot: 0x10);
        Assert.Equal(0x3f_8043ul, delegated.Word0);
        Assert.Equal(0x1_0001ul, delegated.Word1);
        Assert.Equal(ItemKind.Port, delegated.Kind);
        Assert.Equal(0x3f8ul, delegated.Base);
        Assert.Equal(3u, delegated.Order);
        Assert.Equal(1u, delegated.Permissions);
    }

    private SyscallRegisters Seen(Func<Status> hypercall)
    {
        _ = hypercall();
        return _seen;
    }
}
