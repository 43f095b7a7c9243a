using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Kilonova.Abi;
using Kilonova.Kernel;
using Xunit;
using ExecutionContext = Kilonova.Kernel.ExecutionContext;

namespace Kilonova.Virtualization.Tests;

/// <summary>State between UTCB and VMCS, over a VMCS that is a dictionary.</summary>
public sealed unsafe class VmxStateTests : IDisposable
{
    private const int Words = 512;
    private const Mtd Everything = ~(Mtd.SPACES | Mtd.POISON);

    /// <summary>CR0: NE and ET. CR4: MCE and VMXE.</summary>
    private const ulong Cr0Always = 0x30;
    private const ulong Cr4Always = 0x2040;

    private readonly ExecutionContext* _ec;
    private readonly ulong* _utcb;

    public VmxStateTests()
    {
        _ec = (ExecutionContext*)NativeMemory.AllocZeroed((nuint)sizeof(ExecutionContext));
        _ec->Virtual = (VirtualCpu*)NativeMemory.AllocZeroed((nuint)sizeof(VirtualCpu));
        _ec->Utcb = (ulong*)NativeMemory.AllocZeroed(Words * sizeof(ulong));
        _ec->FpuState = _ec;
        _utcb = (ulong*)NativeMemory.AllocZeroed(Words * sizeof(ulong));
        _ec->Registers.Vector = GuestEvent.Count;
        Vmx.Fields.Clear();
        Vmx.Written.Clear();
        VmxControls controls = default;
        controls.Primary.TryRead(ulong.MaxValue << 32, 0, 0);
        controls.Secondary.TryRead(ulong.MaxValue << 32, 0, 0);
        controls.Entry.TryRead(ulong.MaxValue << 32, 0, 0);
        Vmx.Controls = controls;
        VmxState.Clear(_ec, _utcb);
    }

    public void Dispose()
    {
        NativeMemory.Free(_ec->Virtual);
        NativeMemory.Free(_ec->Utcb);
        NativeMemory.Free(_ec);
        NativeMemory.Free(_utcb);
    }

    private ref Kilonova.Abi.ArchitecturalState State => ref *(Kilonova.Abi.ArchitecturalState*)_utcb;

    private void Load(Mtd mtd) => VmxState.Load(_ec, _utcb, mtd);

    private void Save(Mtd mtd)
    {
        new Span<ulong>(_utcb, Words).Fill(0xaaaa_aaaa_aaaa_aaaa);
        VmxState.Save(_ec, _utcb, mtd);
    }

    private void Randomize(int seed)
    {
        Random random = new(seed);
        for (int i = 0; i < Words; i++)
            _utcb[i] = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
    }

    private static void ForAll(Action<int> property) => Prop.ForAll<int>(property).QuickCheckThrowOnFailure();

    [Fact]
    public void What_a_monitor_writes_reads_back() => ForAll(seed =>
    {
        Randomize(seed);
        Kilonova.Abi.ArchitecturalState written = State;
        Load(Everything & ~Mtd.CTRL);
        Save(Everything);
        Assert.Equal(written.R15, State.R15);
        Assert.Equal(written.RSP, State.RSP);
        Assert.Equal(written.RFLAGS, State.RFLAGS);
        Assert.Equal(written.CS.Selector, State.CS.Selector);
        Assert.Equal(written.CS.AccessRights & 0x1fff, State.CS.AccessRights);
        Assert.Equal(written.ES.Base, State.ES.Base);
        Assert.Equal(written.TR.Limit, State.TR.Limit);
        Assert.Equal(written.LDTR.Base, State.LDTR.Base);
        Assert.Equal(written.GDTR.Limit, State.GDTR.Limit);
        Assert.Equal(written.IDTR.Base, State.IDTR.Base);
        Assert.Equal(written.PDPTE3, State.PDPTE3);
        Assert.Equal(written.CR0, State.CR0 & ~0x10ul | written.CR0 & 0x10);
        Assert.Equal(written.CR2, State.CR2);
        Assert.Equal(written.CR3, State.CR3);
        Assert.Equal(written.CR4, State.CR4);
        Assert.Equal(written.CR8 & 0xf, State.CR8);
        Assert.Equal(written.IA32_STAR, State.IA32_STAR);
        Assert.Equal((uint)written.IA32_SYSENTER_CS, State.IA32_SYSENTER_CS);
        Assert.Equal(written.IA32_EFER, State.IA32_EFER);
        Assert.Equal((uint)written.IA32_TSC_AUX, State.IA32_TSC_AUX);
    });

    [Fact]
    public void Only_what_the_descriptor_names_is_touched()
    {
        for (int bit = 1; bit < 31; bit++)
        {
            Mtd mtd = (Mtd)(1u << bit);
            Save(mtd);
            int saved = Enumerable.Range(0, Words).Count(i => _utcb[i] != 0xaaaa_aaaa_aaaa_aaaa);
            Assert.True(saved <= 8, $"{mtd} stores {saved} words");
            Vmx.Written.Clear();
            Load(mtd);
            Assert.True(Vmx.Written.Count <= 11, $"{mtd} writes {Vmx.Written.Count} fields");
        }
    }

    [Fact]
    public void Read_only_fields_are_never_written() => ForAll(seed =>
    {
        Randomize(seed);
        Load(Everything);
        Assert.DoesNotContain(Vmx.Written, field => (field >> 10 & 3) == 1);
    });

    [Fact]
    public void Host_state_is_never_written() => ForAll(seed =>
    {
        Randomize(seed);
        Vmx.Written.Clear();
        Load(Everything);
        Assert.DoesNotContain(Vmx.Written, field => (field >> 10 & 3) == 3);
        uint[] own =
        [
            VmcsField.PinControls, VmcsField.ExitControls, VmcsField.EptPointer, VmcsField.MsrBitmap, VmcsField.IoBitmapA,
            VmcsField.LinkPointer, VmcsField.VirtualApicPage, VmcsField.Vpid, VmcsField.GuestDebugControl,
        ];
        Assert.Empty(Vmx.Written.Intersect(own));
    });

    [Fact]
    public void Control_registers_keep_the_hosts_bits_and_the_guest_sees_its_own() => ForAll(seed =>
    {
        Randomize(seed);
        ulong cr0 = State.CR0;
        ulong cr4 = State.CR4;
        Load(Mtd.CR | Mtd.CTRL);
        Assert.Equal(Cr0Always, Vmx.Read(VmcsField.GuestCr0) & (Cr0Always | 0x6000_0000));
        Assert.Equal(0ul, Vmx.Read(VmcsField.GuestCr0) >> 32);
        Assert.Equal(Cr4Always, Vmx.Read(VmcsField.GuestCr4) & ~0x37_0fbful);
        Assert.Equal(cr0, Vmx.Read(VmcsField.Cr0Shadow));
        Save(Mtd.CR);
        Assert.Equal(cr0 | 0x10, State.CR0 | 0x10);
        Assert.Equal(cr4, State.CR4);
    });

    [Fact]
    public void A_guest_without_FPU_has_TS_set_whatever_its_monitor_writes()
    {
        _ec->FpuState = null;
        State.CR0 = 0x11;
        Load(Mtd.CR | Mtd.CTRL);
        Assert.Equal(0x39ul, Vmx.Read(VmcsField.GuestCr0));
        Assert.NotEqual(0ul, Vmx.Read(VmcsField.ExceptionBitmap) & (1 << 7));
        Save(Mtd.CR);
        Assert.Equal(0x19ul, State.CR0);
    }

    [Theory]
    [InlineData(0x8000_0020u, 0u)]
    [InlineData(0x8000_0320u, 1u)]
    [InlineData(0x0000_0020u, 1u)]
    public void An_injected_interrupt_ends_the_shadow_of_STI(uint information, uint shadow)
    {
        State.Interruptibility = 1;
        State.InterruptionInfo = information;
        Load(Mtd.STA | Mtd.INJ);
        Assert.Equal(shadow, (uint)Vmx.Read(VmcsField.Interruptibility));
    }

    [Theory]
    [InlineData(0u, 0ul)]
    [InlineData(1u, 1ul)]
    [InlineData(2u, 1ul)]
    [InlineData(3u, 1ul)]
    [InlineData(0xffff_ffffu, 1ul)]
    public void A_guest_sleeps_only_where_interrupts_wake_it(uint activity, ulong expected)
    {
        State.Activity = activity;
        Load(Mtd.STA);
        Assert.Equal(expected, Vmx.Read(VmcsField.Activity));
    }

    [Fact]
    public void Registers_that_the_kernel_writes_are_acceptable() => ForAll(seed =>
    {
        Randomize(seed);
        Load(Mtd.SYSCALL | Mtd.KERNEL_GS | Mtd.TSC | Mtd.XSAVE);
        VirtualCpu* guest = _ec->Virtual;
        Assert.True(guest->Vmx.Lstar + (1ul << 47) < 1ul << 48);
        Assert.True(guest->Vmx.KernelGsBase + (1ul << 47) < 1ul << 48);
        Assert.Equal(0ul, guest->Vmx.Fmask >> 32);
        Assert.Equal(0ul, guest->TscAux >> 32);
        Assert.Equal(1ul, guest->Xcr0 & ~6ul);
    });

    [Fact]
    public void Exceptions_that_are_the_hosts_are_always_intercepted() => ForAll(seed =>
    {
        Randomize(seed);
        uint wish = State.ExceptionIntercepts;
        Load(Mtd.CTRL);
        Assert.Equal(wish | 0x6_0002, (uint)Vmx.Read(VmcsField.ExceptionBitmap));
    });

    [Fact]
    public void An_exception_that_exited_is_told_and_so_is_a_pending_injection()
    {
        Vmx.Fields[VmcsField.ExitInterruption] = 0x8000_1b0e;
        Vmx.Fields[VmcsField.ExitInterruptionError] = 2;
        Vmx.Fields[VmcsField.EntryInterruption] = 0x8000_0020;
        Save(Mtd.INJ);
        Assert.Equal(0x8000_0020u, State.InterruptionInfo);
        _ec->Registers.Vector = VmxEvent.ExceptionOrNmi;
        Save(Mtd.INJ);
        Assert.Equal(0x8000_0b0eu, State.InterruptionInfo);
        Assert.Equal(2u, State.InterruptionError);
    }

    [Fact]
    public void Windows_stay_requested_until_the_monitor_takes_them_back()
    {
        State.InterruptionInfo = InterruptionInfo.InterruptWindow;
        Load(Mtd.INJ);
        Save(Mtd.INJ);
        Assert.Equal(InterruptionInfo.InterruptWindow, State.InterruptionInfo);
        State.InterruptionInfo = 0;
        Load(Mtd.INJ);
        Save(Mtd.INJ);
        Assert.Equal(0u, State.InterruptionInfo);
    }

    [Theory]
    [InlineData(0x500ul, true)]
    [InlineData(0x100ul, false)]
    [InlineData(0ul, false)]
    public void IA32e_mode_follows_EFER(ulong efer, bool longMode)
    {
        State.IA32_EFER = efer;
        Load(Mtd.EFER);
        Assert.Equal(longMode, (Vmx.Read(VmcsField.EntryControls) & EntryControl.LongMode) != 0);
    }

    [Fact]
    public void A_monitor_can_have_the_translations_dropped()
    {
        int before = Guests.Flushes;
        Load(Mtd.TLB);
        Assert.Equal(before + 1, Guests.Flushes);
    }

    /// <summary>offsets.h: VIRTUAL_SPACE, VIRTUAL_STAMP, VIRTUAL_VMX.</summary>
    [Fact]
    public void Assembly_finds_the_fields_of_a_virtual_cpu()
    {
        VirtualCpu* guest = _ec->Virtual;
        Assert.Equal(0x10, (byte*)&guest->Space - (byte*)guest);
        Assert.Equal(0x28, (byte*)&guest->Stamp - (byte*)guest);
        Assert.Equal(0x88, (byte*)&guest->Vmx - (byte*)guest);
    }
}
