// The instructions that lead to exits.
using System.Runtime.CompilerServices;
using Kilonova.Abi;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Policy;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Exits;

public sealed partial class VirtualProcessor
{
    private const uint OpcodeOfTwoBytes = 2;
    private const uint OpcodeOfThreeBytes = 3;
    private const ulong PageSize = 0x1000;

    // What the instruction that needs the emulator is about; for a port instruction from the exit to the recall that follows.
    private AccessHint _hint;

    // The access was the instruction's own, not one of a walk of page tables.
    private bool _isFinal;

    /// <summary>CPUID. Needs GPR0-7, RFLAGS, RIP, STA, and CR if the guest has XSAVE.</summary>
    public Mtd Cpuid(ref ArchitecturalState state)
    {
        uint leaf = (uint)state.RAX;
        ref readonly PlainLeaf plain = ref _cpuid.Plain(leaf);
        if (plain.Leaf != leaf || ((state.RFLAGS & Rflags.Trap) | (state.Interruptibility & GuestState.Shadow)) != 0)
            return CpuidInParts(ref state);

        state.RAX = plain.Eax;
        state.RBX = plain.Ebx;
        state.RCX = plain.Ecx;
        state.RDX = plain.Edx;
        state.RIP += state.InstructionLength != 0 ? state.InstructionLength : OpcodeOfTwoBytes;
        return Mtd.GPR0_7 | Mtd.RIP;
    }

    // Leaves that depend on more than their number, and those that are not there; single steps.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Mtd CpuidInParts(ref ArchitecturalState state)
    {
        _cpuid.Read((uint)state.RAX, (uint)state.RCX, state.CR4, _xcr0, out CpuidLeaf leaf);
        state.RAX = leaf.Eax;
        state.RBX = leaf.Ebx;
        state.RCX = leaf.Ecx;
        state.RDX = leaf.Edx;
        Mtd result = Mtd.GPR0_7 | Advance(ref state, OpcodeOfTwoBytes);
        return _event == 0 ? result : Trapped(ref state, result);
    }

    /// <summary>IN, OUT, INS, OUTS. Needs GPR0-7, RFLAGS, RIP, STA, QUAL.</summary>
    public Mtd PortSvm(ref ArchitecturalState state)
    {
        var access = new SvmPortAccess(state.Qualification1);
        if (access.IsString)
            return EmulateLater(access.Port, access.Size, access.IsIn);

        // The second qualification is the address of the next instruction.
        state.InstructionLength = (uint)(state.Qualification2 - state.RIP);
        return Port(ref state, access.Port, access.Size, access.IsIn);
    }

    /// <summary>IN, OUT, INS, OUTS. Needs GPR0-7, RFLAGS, RIP, STA, QUAL.</summary>
    public Mtd PortVmx(ref ArchitecturalState state)
    {
        var access = new VmxPortAccess(state.Qualification1);
        if (access.IsString)
            return EmulateLater(access.Port, access.Size, access.IsIn);

        return Port(ref state, access.Port, access.Size, access.IsIn);
    }

    /// <summary>RDTSC and RDTSCP, while the guest's counter is not the processor's. Needs GPR0-7, RFLAGS, RIP, STA.</summary>
    public Mtd ReadTimestamp(ref ArchitecturalState state)
    {
        _ = _msrs.TryRead(MsrTimestamp, out ulong value);
        state.RAX = (uint)value;
        state.RDX = value >> 32;
        Mtd result = Mtd.GPR0_7 | Advance(ref state, OpcodeOfTwoBytes);
        return _event == 0 ? result : Trapped(ref state, result);
    }

    /// <summary>RDTSCP. As <see cref="ReadTimestamp"/>.</summary>
    public Mtd ReadTimestampAndId(ref ArchitecturalState state)
    {
        _ = _msrs.TryRead(MsrTimestampAuxiliary, out ulong auxiliary);
        state.RCX = auxiliary;
        state.InstructionLength = state.InstructionLength != 0 ? state.InstructionLength : OpcodeOfThreeBytes;
        return ReadTimestamp(ref state);
    }

    /// <summary>VMCALL, VMMCALL: KVM's answer to a hypercall that it does not know. Needs GPR0-7, RFLAGS, RIP, STA.</summary>
    public Mtd Hypercall(ref ArchitecturalState state)
    {
        const long NoSuchCall = -1000;
        state.RAX = unchecked((ulong)NoSuchCall);
        Mtd result = Mtd.GPR0_7 | Advance(ref state, OpcodeOfThreeBytes);
        return _event == 0 ? result : Trapped(ref state, result);
    }

    /// <summary>An access to guest-physical memory where there is none. Needs all of the emulator's state, and QUAL.</summary>
    public Mtd MemorySvm(ref ArchitecturalState state)
    {
        Enter();
        bool isWrite = (state.Qualification1 & SvmPageFault.Write) != 0;
        Mtd result = TryQuickly(ref state, isWrite);
        if (result == Mtd.None)
        {
            NoteAccess(state.Qualification3, isWrite, (state.Qualification1 & SvmPageFault.Final) != 0);
            return _host.Emulate(ref state);
        }

        // The local APIC's page is the only one whose use may let interrupts through that nobody kicks for.
        return state.Qualification3 - _emulator.LocalDeviceBase < PageSize ? FinishApic(ref state, result) : Finish(ref state, result);
    }

    /// <summary>An access to guest-physical memory where there is none. Needs all of the emulator's state, and QUAL. Vector registers.</summary>
    public Mtd MemoryVmx(ref ArchitecturalState state)
    {
        var access = new VmxPageFault(state.Qualification1);
        NoteAccess(state.Qualification3, access.IsWrite, access.IsFinal);
        return EmulateMemory(ref state);
    }

    /// <summary>The rest of an access to guest-physical memory that cannot be answered without the emulator. Vector registers.</summary>
    public Mtd EmulateMemory(ref ArchitecturalState state)
    {
        Enter();
        KeepEvent(state);
        // A walk that left memory, or a delivery that did: no instruction is at fault, and none can be executed.
        if (!_isFinal || _event != 0)
            return End(ref state, MachineRequest.Crash, "a walk or a delivery outside of memory"u8);

        return FinishApic(ref state, Emulate(ref state));
    }

    private Mtd Trapped(ref ArchitecturalState state, Mtd result)
    {
        Enter();
        return Finish(ref state, result);
    }

    private Mtd Port(ref ArchitecturalState state, ushort port, int size, bool isIn)
    {
        Enter();
        Mtd result = Advance(ref state, OpcodeOfTwoBytes);
        if (isIn)
        {
            uint value = _ports.Read(port, size);
            // A doubleword clears the upper half of the register, smaller ones leave the rest.
            ulong kept = size == 4 ? 0 : state.RAX & (ulong.MaxValue << (8 * size));
            state.RAX = kept | value;
            result |= Mtd.GPR0_7;
        }
        else
        {
            _ports.Write(port, size, (uint)state.RAX);
        }

        return Finish(ref state, result);
    }

    // This exit did not bring what the emulator needs; the one that follows does.
    private Mtd EmulateLater(ushort port, int size, bool isIn)
    {
        Enter();
        _hint.HasAccess = false;
        _hint.HasPort = true;
        _hint.Port = port;
        _hint.PortSize = size;
        _hint.IsIn = isIn;
        _emulateOnRecall = true;
        _host.TransferAll(true);
        _host.Recall();
        return Leave(Mtd.None);
    }

    private void NoteAccess(ulong address, bool isWrite, bool isFinal)
    {
        _isFinal = isFinal;
        _hint.HasAccess = true;
        _hint.Address = address;
        _hint.IsExact = true;
        _hint.IsWrite = isWrite;
        _hint.HasPort = false;
    }

    // In ring 0 of 64-bit mode, with nothing about that makes an instruction special.
    private Mtd TryQuickly(ref ArchitecturalState state, bool isWrite)
    {
        const ulong LevelMask = (ulong)SegmentAccessRights.DplMask << SegmentAccessRights.DplShift;
        if (!GuestMode.IsLongCode(state) || (state.IA32_EFER & Efer.LongModeActive) == 0 || (state.SS.AccessRights & LevelMask) != 0
            || ((state.RFLAGS & (Rflags.Trap | Rflags.Resume)) | (state.Interruptibility & GuestState.Shadow)) != 0
            || (state.InterruptionInfo & InterruptionInfo.Valid) != 0)
            return Mtd.None;

        CpuState registers = _cpu.State;
        registers.Rip = state.RIP;
        registers.Rflags = state.RFLAGS;
        registers.Cr0 = state.CR0;
        registers.Cr3 = state.CR3;
        registers.Cr4 = state.CR4;
        registers.Efer = state.IA32_EFER;
        return _emulator.ExecuteQuickly(registers, ref state, state.Qualification3, isWrite);
    }

    private Mtd Emulate(ref ArchitecturalState state)
    {
        CpuState registers = _cpu.State;
        GuestState.Load(ref state, registers, _kind == VirtualizationKind.Vmx);
        EmulationStatus status = _emulator.Execute(registers, _hint);
        if (status is not (EmulationStatus.Done or EmulationStatus.Partial))
            return Fail(ref state, registers, status);

        GuestState.Store(registers, ref state);
        return GuestState.Emulated;
    }

    private Mtd Fail(ref ArchitecturalState state, CpuState registers, EmulationStatus status)
    {
        switch (status)
        {
            case EmulationStatus.Fault:
                GuestState.Store(registers, ref state);
                state.CR2 = registers.Cr2;
                Raise(_emulator.FaultVector);
                if (_emulator.FaultHasErrorCode)
                    Raise(state, _emulator.FaultVector, _emulator.FaultErrorCode);

                return GuestState.Emulated | (_emulator.FaultVector == Vectors.PageFault ? Mtd.CR : Mtd.None);
            case EmulationStatus.Retry:
                return Mtd.None;
            case EmulationStatus.NoMemory:
                return End(ref state, MachineRequest.Crash, "an instruction or page tables outside of memory"u8);
            default:
                return End(ref state, MachineRequest.Crash, "an instruction that is not emulated"u8);
        }
    }
}
