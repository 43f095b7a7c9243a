using System;
using System.Runtime;
using System.Runtime.CompilerServices;
using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>The way into a guest: its VMCS, from the first use to the last, its tag, its controls.</summary>
/// <remarks>A context never changes its CPU, so its VMCS is used, cached and cleared there alone.</remarks>
public static unsafe class VmxEntry
{
    private const ulong VpidLimit = 1 << 16;

    /// <summary>PAUSE-loop exits: what counts as a loop, and how long one may last, in ticks of the TSC.</summary>
    private const uint PauseGap = 128;
    private const uint PauseWindow = 4096;

    /// <summary>A new context: a page that VMCLEAR takes. The rest waits for the context's CPU.</summary>
    public static void Initialize(ExecutionContext* ec)
    {
        const uint InitialDr6 = 0xffff_0ff0;
        ec->Registers.Vector = GuestEvent.Count;
        ec->Virtual->Vmx.Dr6 = InitialDr6;
        Vmx.Prepare(ec->Virtual->Block);
    }

    /// <summary>Makes the context's VMCS the current one of its CPU, which this is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Select(Cpu* cpu, ExecutionContext* ec)
    {
        if (cpu->Guests.Loaded != ec)
            Load(cpu, ec);
    }

    /// <summary>Lets the VMCS follow the assigned spaces. Not all of them need be there.</summary>
    public static void Assign(ExecutionContext* ec)
    {
        VirtualCpu* guest = ec->Virtual;
        Select(Cpu.This, ec);
        if (guest->Space != null)
            Vmx.Write(VmcsField.EptPointer, Ept.Pointer(HostSpace.RootOf(guest->Space)));

        if (guest->Ports != null)
        {
            ulong bitmap = DirectMap.ToPhysical(guest->Ports->Bitmap);
            Vmx.Write(VmcsField.IoBitmapA, bitmap);
            Vmx.Write(VmcsField.IoBitmapB, bitmap + PhysicalMemory.PageSize);
        }

        if (guest->Registers != null)
            Vmx.Write(VmcsField.MsrBitmap, DirectMap.ToPhysical(guest->Registers->Bitmap));
    }

    /// <summary>Writes the controls that follow from what the monitor wants, as far as they have changed.</summary>
    public static void UpdateControls(VirtualCpu* guest)
    {
        uint more = (guest->Vmx.Windows & InterruptionInfo.InterruptWindow) != 0 ? PrimaryControl.InterruptWindow : 0;
        more |= (guest->Vmx.Windows & InterruptionInfo.NmiWindow) != 0 ? PrimaryControl.NmiWindow : 0;
        more |= guest->TscOffset != 0 ? PrimaryControl.TscOffset : 0;
        more |= (guest->Flags & VirtualCpuFlags.OwnsDebug) == 0 ? PrimaryControl.MovDr : 0;
        uint primary = Vmx.Controls.PrimaryWord((uint)guest->Vmx.Wishes, more);
        uint secondary = Vmx.Controls.SecondaryWord((uint)(guest->Vmx.Wishes >> 32));
        if (primary != guest->Vmx.Primary)
        {
            guest->Vmx.Primary = primary;
            Vmx.Write(VmcsField.PrimaryControls, primary);
        }

        if (secondary != guest->Vmx.Secondary)
        {
            guest->Vmx.Secondary = secondary;
            Vmx.Write(VmcsField.SecondaryControls, secondary);
        }
    }

    /// <summary>Makes the CPU ready to enter a context's guest: VMCS, translations.</summary>
    public static bool TryPrepareEntry(Cpu* cpu, ExecutionContext* ec)
    {
        VirtualCpu* guest = ec->Virtual;
        Select(cpu, ec);
        cpu->Arch.IsTaskCut = 1;
        UpdateControls(guest);
        VmxDebug.Prepare(cpu, ec);
        if (guest->Generation != cpu->Guests.Generation)
        {
            // What the CPU has cached of the guest space is tagged with the EPT pointer alone, or with that and the identifier.
            if (guest->Generation == 0)
                Vmx.InvalidateSpace(Ept.Pointer(HostSpace.RootOf(guest->Space)));

            TakeTag(&cpu->Guests, guest);
        }

        return true;
    }

    /// <summary>Enters the guest, for which the CPU is ready. Ends in <see cref="VmxExits"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Enter(Cpu* cpu, ExecutionContext* ec) => Enter(ec, &ec->Virtual->Vmx);

    /// <summary>The VMCS is not needed any more: nothing of it stays in the CPU.</summary>
    public static void Forget(Cpu* cpu, ExecutionContext* ec)
    {
        if (cpu->Guests.Loaded == ec)
            cpu->Guests.Loaded = null;

        if (cpu->Guests.DebugOwner == ec)
            cpu->Guests.DebugOwner = null;

        if (ec->Virtual->Vmx.Initialized != 0)
            _ = Vmx.Clear(ec->Virtual->BlockPhysical);
    }

    /// <summary>
    /// The next identifier of the CPU. When all have been given out, a new round begins with nothing cached under any of them.
    /// </summary>
    private static void TakeTag(GuestCpu* cpu, VirtualCpu* guest)
    {
        if (cpu->NextTag == VpidLimit)
        {
            cpu->NextTag = 1;
            cpu->Generation++;
            Vmx.InvalidateProcessors();
        }

        guest->Generation = cpu->Generation;
        guest->Tag = (uint)cpu->NextTag++;
        Vmx.Write(VmcsField.Vpid, guest->Tag);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Load(Cpu* cpu, ExecutionContext* ec)
    {
        VirtualCpu* guest = ec->Virtual;
        bool fresh = guest->Vmx.Initialized == 0;
        if (fresh)
        {
            guest->Vmx.Initialized = 1;
            _ = Vmx.Clear(guest->BlockPhysical);
        }

        _ = Vmx.Load(guest->BlockPhysical);
        cpu->Guests.Loaded = ec;
        cpu->Guests.Ready = null;
        if (fresh)
            Fill(cpu, ec);
    }

    /// <summary>The VMCS for the first time: what never changes (SDM volume 3, sections 25.4 to 25.8), else zeroes.</summary>
    private static void Fill(Cpu* cpu, ExecutionContext* ec)
    {
        const ulong TaskSwitched = 1 << 3;
        VirtualCpu* guest = ec->Virtual;
        foreach (ushort field in Zeroes)
            Vmx.Write(field, 0);

        Vmx.Write(VmcsField.PinControls, Vmx.Controls.PinWord);
        Vmx.Write(VmcsField.ExitControls, Vmx.Controls.ExitWord);
        Vmx.Write(VmcsField.TscOffset, guest->TscOffset);
        Vmx.Write(VmcsField.VirtualApicPage, DirectMap.ToPhysical(ec->Utcb));
        Vmx.Write(VmcsField.LinkPointer, ulong.MaxValue);
        Vmx.Write(VmcsField.PauseGap, PauseGap);
        Vmx.Write(VmcsField.PauseWindow, PauseWindow);

        // The guest has its own CR0.TS. The host's is always set then (Fpu), and so is the host space of the guest's domain.
        Vmx.Write(VmcsField.HostCr0, Cr.ReadCr0() | TaskSwitched);
        Vmx.Write(VmcsField.HostCr3, HostSpace.RootRegisterOf(ec->Host));
        Vmx.Write(VmcsField.HostCr4, Cr.ReadCr4());
        Vmx.Write(VmcsField.HostCs, Selectors.KernelCode);
        Vmx.Write(VmcsField.HostSs, Selectors.KernelData);
        Vmx.Write(VmcsField.HostTr, Selectors.Task);
        Vmx.Write(VmcsField.HostGsBase, (ulong)cpu);
        Vmx.Write(VmcsField.HostTrBase, (ulong)cpu + Descriptors.TaskOffset);
        Vmx.Write(VmcsField.HostGdtrBase, (ulong)cpu + Descriptors.TableOffset);
        Vmx.Write(VmcsField.HostIdtrBase, ImageLayout.Get()->Idt);
        Vmx.Write(VmcsField.HostPat, PageAttributes.Pat);
        Vmx.Write(VmcsField.HostEfer, Msr.Read(Msr.IA32_EFER));
        Vmx.Write(VmcsField.HostRsp, (ulong)&ec->Registers.Vector);
        Vmx.Write(VmcsField.HostRip, ExitAddress());
        VmxState.Clear(ec, (ulong*)DirectMap.ToVirtual(cpu->Guests.HostBlock));
        Vmx.Write(VmcsField.GuestRsp, ec->Registers.Rsp);
    }

    /// <summary>Fields that stay 0: what is not used.</summary>
    private static ReadOnlySpan<ushort> Zeroes =>
    [
        (ushort)VmcsField.HostEs, (ushort)VmcsField.HostDs, (ushort)VmcsField.HostFs, (ushort)VmcsField.HostGs,
        (ushort)VmcsField.HostFsBase, (ushort)VmcsField.HostSysenterCs, (ushort)VmcsField.HostSysenterEsp,
        (ushort)VmcsField.HostSysenterEip,
        (ushort)VmcsField.Cr3TargetCount, (ushort)VmcsField.ExitMsrStoreCount, (ushort)VmcsField.ExitMsrLoadCount,
        (ushort)VmcsField.EntryMsrLoadCount, (ushort)VmcsField.XssExitBitmap, (ushort)VmcsField.GuestDebugControl,
        (ushort)VmcsField.GuestSmbase, (ushort)VmcsField.PendingDebugExceptions,
    ];

    [RuntimeImport("*", "vmx_enter"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Enter(ExecutionContext* ec, VmxCpu* guest);

    [RuntimeImport("*", "vmx_exit_address"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern ulong ExitAddress();
}
