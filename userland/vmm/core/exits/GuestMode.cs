// Writes of CR0 and CR4 in the state that an exit transfers.
using System.Runtime.CompilerServices;
using Kilonova.Abi;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Exits;

/// <summary>Between <see cref="ArchitecturalState"/> and the rules of <see cref="ControlRegisters"/>. Vector registers.</summary>
internal static class GuestMode
{
    // Bit 3 of a task state segment's type: 32 or 64 bits, not 16.
    private const uint WideTask = 1 << 3;

    /// <summary>CS has L.</summary>
    public static bool IsLongCode(in ArchitecturalState state) => (state.CS.AccessRights & SegmentAccessRights.Long) != 0;

    /// <summary>Writes CR0 or CR4, and what follows from it.</summary>
    /// <param name="state">CR, EFER, CS, TR; changed only if the value is accepted.</param>
    /// <param name="number">0 or 4.</param>
    /// <param name="value">The new value.</param>
    /// <param name="known">The bits of CR4 that the guest's processor has.</param>
    /// <param name="walker">Reads page-directory-pointer entries.</param>
    /// <param name="scratch">Where they come by.</param>
    /// <param name="written">What is to be transferred back.</param>
    /// <returns>False: #GP(0).</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool TryWrite(
        ref ArchitecturalState state, int number, ulong value, ulong known, PageWalker walker, CpuState scratch, out Mtd written)
    {
        written = Mtd.None;
        var before = new ModeRegisters
        {
            Cr0 = state.CR0,
            Cr3 = state.CR3,
            Cr4 = state.CR4,
            Efer = state.IA32_EFER,
            HasLongCode = IsLongCode(state),
            HasNarrowTask = (state.TR.AccessRights & WideTask) == 0,
        };
        ModeRegisters after = before;
        bool valid = number == 0 ? ControlRegisters.TryWriteCr0(ref after, value) : ControlRegisters.TryWriteCr4(ref after, value, known);
        bool reloads = ControlRegisters.ReloadsPdptes(before, after);
        if (!valid || (reloads && !walker.TryReadPdptes(state.CR3, scratch.Pdptes)))
            return false;

        state.CR0 = after.Cr0;
        state.CR4 = after.Cr4;
        state.IA32_EFER = after.Efer;
        written = Mtd.CR;
        if (after.Efer != before.Efer)
            written |= Mtd.EFER;
        if (reloads)
        {
            GuestState.StorePdptes(scratch, ref state);
            written |= Mtd.PDPTE;
        }

        if (ControlRegisters.ChangesTranslation(before, after))
            written |= Mtd.TLB;

        return true;
    }
}
