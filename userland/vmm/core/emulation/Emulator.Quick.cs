// Moves between a register and a device that have been executed before, on threads without vector registers: most of what reaches devices.
using Kilonova.Abi;
using Kilonova.Vmm.Exits;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Emulation;

public sealed partial class Emulator
{
    private const int QuickMoves = 64;
    private const sbyte NoRegister = DecodedForm.NoRegister;

    // The largest instruction fetch is two quadwords.
    private const ulong LastFetch = PageMask + 1 - (2 * sizeof(ulong));

    // By the instruction pointer; compared by the bytes, as forms are.
    private readonly QuickMove[] _quickMoves = MakeQuickMoves();

    /// <summary>
    /// Executes the instruction at RIP if it is a move between a general register or an immediate and a device that needs no vector registers,
    /// in 64-bit mode in ring 0, and was executed by <see cref="Execute"/> before. Checks what that does: bytes, translations, and that the
    /// access is the exit's. Touches no vector register.
    /// </summary>
    /// <param name="cpu">RIP, RFLAGS without TF and RF, CR0, CR3, CR4, EFER; nothing else is looked at.</param>
    /// <param name="state">General registers; on success with the value that was read, and RIP behind the instruction.</param>
    /// <param name="address">The guest-physical address that the exit names.</param>
    /// <param name="isWrite">Whether the exit was for a write.</param>
    /// <returns>What of the state was changed; None if nothing was done.</returns>
    public Mtd ExecuteQuickly(CpuState cpu, ref ArchitecturalState state, ulong address, bool isWrite)
    {
        QuickMove move = _quickMoves[PlaceOf(cpu.Rip)];
        if (move.Rip != cpu.Rip || move.IsStore != isWrite || !IsStill(move, cpu))
            return Mtd.None;

        ulong linear = move.Displacement;
        if (move.Base == DecodedForm.InstructionPointer)
            linear += cpu.Rip;
        else if (move.Base >= 0)
            linear += GuestState.General(ref state, move.Base);
        if (move.Index >= 0)
            linear += GuestState.General(ref state, move.Index) * move.Scale;

        // Wider addresses, and what lies in two pages, are for the long way.
        if ((ulong)((long)(linear << 16) >> 16) != linear || (linear & PageMask) + move.Size > PageMask + 1
            || !_walker.TryTranslate(cpu, linear, isWrite ? PageAccess.Write : PageAccess.Read, out ulong physical) || physical != address)
            return Mtd.None;

        return isWrite ? StoreQuickly(move, ref state, address) : LoadQuickly(move, ref state, address);
    }

    // Whether the bytes at RIP are the instruction's. One that begins with 0 is no move.
    private bool IsStill(QuickMove move, CpuState cpu) =>
        (cpu.Rip & PageMask) <= LastFetch && _walker.TryTranslate(cpu, cpu.Rip, PageAccess.Fetch, out ulong code)
        && ((_memory.LoadDirectly(code) ^ move.BytesLow) & move.MaskLow) == 0
        && (move.MaskHigh == 0 || ((_memory.LoadDirectly(code + sizeof(ulong)) ^ move.BytesHigh) & move.MaskHigh) == 0);

    private Mtd StoreQuickly(QuickMove move, ref ArchitecturalState state, ulong physical)
    {
        ulong value = move.Register == NoRegister ? move.Immediate : GuestState.General(ref state, move.Register);
        if (LocalDevice is { } local && physical - LocalDeviceBase <= PageMask)
            local.WriteMmio(physical - LocalDeviceBase, move.Size, Truncate(value, move.Size));
        else if (!_mmio.TryWritePlainly(physical, move.Size, value))
            return Mtd.None;

        state.RIP += move.Length;
        return Mtd.RIP;
    }

    private Mtd LoadQuickly(QuickMove move, ref ArchitecturalState state, ulong physical)
    {
        ulong value;
        if (LocalDevice is { } local && physical - LocalDeviceBase <= PageMask)
            value = Truncate(local.ReadMmio(physical - LocalDeviceBase, move.Size), move.Size);
        else if (!_mmio.TryReadPlainly(physical, move.Size, out value))
            return Mtd.None;

        ref ulong register = ref GuestState.General(ref state, move.Register);
        register = Merge(register, value, move.TargetSize);
        state.RIP += move.Length;
        return move.Register < 8 ? Mtd.RIP | Mtd.GPR0_7 : Mtd.RIP | Mtd.GPR8_15;
    }

    // An instruction was executed: if it can go the short way next time, what that needs of it is noted. Vector registers.
    private void Learn(DecodedForm form, ulong rip)
    {
        bool store = form.First.Kind == OperandKind.Memory;
        Operand memory = store ? form.First : form.Second;
        Operand other = store ? form.Second : form.First;
        if (form.Bitness != 64 || form.AddressSize != sizeof(ulong) || form.Segment >= (int)SegmentRegister.Fs || form.Third.Kind != OperandKind.None
            || form.Operation is not (Operation.Mov or Operation.MovZeroExtend) || memory.Kind != OperandKind.Memory || memory.Size > sizeof(ulong)
            || !(other.Kind == OperandKind.General || (store && other.Kind == OperandKind.Immediate)))
            return;

        QuickMove move = _quickMoves[PlaceOf(rip)];
        move.Rip = rip;
        move.BytesLow = form.BytesLow;
        move.BytesHigh = form.BytesHigh;
        move.MaskLow = DecodeCache.MaskLow(form.Length);
        move.MaskHigh = DecodeCache.MaskHigh(form.Length);
        move.Length = form.Length;
        move.IsStore = store;
        move.Register = other.Kind == OperandKind.General ? (sbyte)other.Register : NoRegister;
        move.Immediate = form.Immediate;
        move.Size = memory.Size;
        move.TargetSize = other.Size;
        move.Base = form.Base;
        move.Index = form.Index;
        move.Scale = form.Scale;
        move.Displacement = form.Displacement;
    }

    private static int PlaceOf(ulong rip) => (int)(rip ^ (rip >> 6)) & (QuickMoves - 1);

    private static QuickMove[] MakeQuickMoves()
    {
        var moves = new QuickMove[QuickMoves];
        for (int i = 0; i < QuickMoves; i++)
            moves[i] = new QuickMove();
        return moves;
    }

    // Nothing is executed at the address with which the places begin: its length is 0, and a byte mask of 0 would fit everything.
    private sealed class QuickMove
    {
        public ulong Rip = ulong.MaxValue;
        public ulong BytesLow;
        public ulong BytesHigh;
        public ulong MaskLow;
        public ulong MaskHigh;
        public byte Length;
        public bool IsStore;
        public sbyte Register;
        public ulong Immediate;
        public byte Size;
        public byte TargetSize;
        public sbyte Base;
        public sbyte Index;
        public byte Scale;
        public ulong Displacement;
    }
}
