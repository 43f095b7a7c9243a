// The instructions that lead to exits.
using Kilonova.Abi;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Policy;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Exits;

public sealed partial class VirtualProcessor
{
    private const int OpcodeOfTwoBytes = 2;
    private const int OpcodeOfThreeBytes = 3;

    // What the instruction that needs the emulator is about; for a port instruction from the exit to the recall that follows.
    private AccessHint _hint;

    /// <summary>CPUID. Needs GPR0-7, RFLAGS, RIP, STA, CR.</summary>
    public Mtd Cpuid(ref ArchitecturalState state)
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

    /// <summary>An access to guest-physical memory where there is none. Needs all of the emulator's state, and QUAL. Vector registers.</summary>
    public Mtd MemorySvm(ref ArchitecturalState state) =>
        Memory(ref state, (state.Qualification1 & SvmPageFault.Write) != 0, (state.Qualification1 & SvmPageFault.Final) != 0);

    /// <summary>An access to guest-physical memory where there is none. Needs all of the emulator's state, and QUAL. Vector registers.</summary>
    public Mtd MemoryVmx(ref ArchitecturalState state)
    {
        var access = new VmxPageFault(state.Qualification1);
        return Memory(ref state, access.IsWrite, access.IsFinal);
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

    private Mtd Memory(ref ArchitecturalState state, bool isWrite, bool isFinal)
    {
        Enter();
        KeepEvent(state);
        // A walk that left memory, or a delivery that did: no instruction is at fault, and none can be executed.
        if (!isFinal || _event != 0)
            return End(ref state, MachineRequest.Crash, "a walk or a delivery outside of memory"u8);

        _hint.HasAccess = true;
        _hint.Address = state.Qualification3;
        _hint.IsExact = true;
        _hint.IsWrite = isWrite;
        _hint.HasPort = false;
        return FinishApic(ref state, Emulate(ref state));
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
