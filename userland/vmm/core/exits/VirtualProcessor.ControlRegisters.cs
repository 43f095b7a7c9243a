// Control registers: CR8, which is the local APIC's, and on Intel's processors CR0 and CR4, of which bits are the host's.
using Kilonova.Abi;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Exits;

public sealed partial class VirtualProcessor
{
    private const int TaskPriorityRegister = 8;

    // What the processor shows of the task priority when CR8 is read (SVM).
    private uint _shownPriority;

    // The last one that was decoded.
    private readonly ControlMove _move = new();

    /// <summary>
    /// MOV to CR0, CR4 and CR8, MOV from CR8, CLTS, LMSW. Needs all of the emulator's state, TR and QUAL. Others are not asked for: such an
    /// exit ends the guest. Vector registers.
    /// </summary>
    public Mtd ControlRegisterVmx(ref ArchitecturalState state)
    {
        Enter();
        var access = new VmxControlAccess(state.Qualification1);
        Mtd written;
        bool done;
        switch ((access.Kind, access.Number))
        {
            case (VmxControlAccess.Clts, _):
                done = TryWriteMode(ref state, 0, state.CR0 & ~Cr0.TaskSwitched, out written);
                break;
            case (VmxControlAccess.LoadStatusWord, _):
                done = TryWriteMode(ref state, 0, ControlRegisters.LoadStatusWord(state.CR0, access.StatusWord), out written);
                break;
            case (VmxControlAccess.MoveTo, 0 or 4):
                done = TryWriteMode(ref state, access.Number, Operand(ref state, access.Register), out written);
                break;
            case (VmxControlAccess.MoveTo, TaskPriorityRegister):
                done = TryWriteTaskPriority(Operand(ref state, access.Register), out written);
                break;
            case (VmxControlAccess.MoveFrom, TaskPriorityRegister):
                GuestState.General(ref state, access.Register) = _apic.TaskPriorityClass;
                written = Mtd.GPR0_7 | Mtd.GPR8_15;
                done = true;
                break;
            default:
                return End(ref state, MachineRequest.Crash, "a control register that nobody asked for"u8);
        }

        if (done)
            return FinishApic(ref state, written | Advance(ref state, OpcodeOfThreeBytes));

        RaiseProtection(state);
        return Finish(ref state, Mtd.None);
    }

    /// <summary>MOV to CR8. Needs all of the emulator's state. Vector registers.</summary>
    public Mtd TaskPrioritySvm(ref ArchitecturalState state)
    {
        Enter();
        CpuState registers = _cpu.State;
        GuestState.Load(ref state, registers, hasPdptes: false);
        EmulationStatus status = _emulator.DecodeControlMove(registers, _move);
        if (status is not (EmulationStatus.Done or EmulationStatus.Unsupported))
            return Finish(ref state, Fail(ref state, registers, status));

        // Another virtual CPU may have written another instruction there; but what this emulator does not know would come here for ever.
        if (status == EmulationStatus.Unsupported)
            return Undefined(ref state);
        if (_move.Control != TaskPriorityRegister || !_move.IsWrite)
            return Finish(ref state, Mtd.None);
        if (!TryWriteTaskPriority(Operand(ref state, _move.General), out Mtd written))
            return Forbidden(ref state);

        state.InstructionLength = (uint)_move.Length;
        return FinishApic(ref state, written | Advance(ref state, (uint)_move.Length));
    }

    // Needs CR.
    private Mtd ShowTaskPriority(ref ArchitecturalState state)
    {
        uint priority = _apic.TaskPriorityClass;
        if (_kind != VirtualizationKind.Svm || priority == _shownPriority)
            return Mtd.None;

        state.CR8 = _shownPriority = priority;
        return Mtd.CR;
    }

    // Outside of 64-bit mode the upper half of a register is not part of the operand.
    private static ulong Operand(ref ArchitecturalState state, int register)
    {
        ulong value = GuestState.General(ref state, register);
        return GuestMode.IsLongCode(state) && (state.IA32_EFER & Efer.LongModeActive) != 0 ? value : (uint)value;
    }

    private bool TryWriteTaskPriority(ulong value, out Mtd written)
    {
        const ulong Classes = 0xf;
        written = Mtd.None;
        if (value > Classes)
            return false;

        _apic.TaskPriorityClass = (uint)value;
        return true;
    }

    private bool TryWriteMode(ref ArchitecturalState state, int number, ulong value, out Mtd written) =>
        GuestMode.TryWrite(ref state, number, value, _cpuid.ControlBits, _walker, _cpu.State, out written);
}
