// String instructions, port instructions, and what pushes, pops and branches through memory.
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Emulation;

public sealed partial class Emulator
{
    private const int IoPrivilegeShift = 12;

    private bool RunString(DecodedForm form)
    {
        if (!form.Repeat)
            return RunElement(form);
        for (int done = 0; done < RepeatLimit; done++)
        {
            ulong count = Truncate(_cpu.Gpr[Rcx], form.AddressSize);
            if (count == 0)
                return true;
            if (!RunElement(form))
                return false;
            WriteGeneral(Rcx, form.AddressSize, count - 1);
            bool compares = form.Operation is Operation.Cmps or Operation.Scas;
            bool equal = (_cpu.Rflags & Rflags.Zero) != 0;
            if (count == 1 || (compares && equal == form.RepeatWhileNotEqual))
                return true;
        }

        _failure = EmulationStatus.Partial;
        return true;
    }

    private bool RunElement(DecodedForm form)
    {
        Operation operation = form.Operation;
        bool reads = operation is Operation.Movs or Operation.Cmps or Operation.Lods or Operation.Outs;
        bool hasTarget = operation is Operation.Movs or Operation.Cmps or Operation.Stos or Operation.Scas or Operation.Ins;
        bool writes = operation is Operation.Movs or Operation.Stos or Operation.Ins;
        int size = form.First.Kind is OperandKind.StringSource or OperandKind.StringDestination ? form.First.Size : form.Second.Size;

        if (reads && !Resolve(_source, form.Segment, Truncate(_cpu.Gpr[Rsi], form.AddressSize), size, write: false))
            return false;
        if (hasTarget && !Resolve(_target, (int)SegmentRegister.Es, Truncate(_cpu.Gpr[Rdi], form.AddressSize), size, writes))
            return false;
        if (!MatchesExit())
            return false;
        if (operation is Operation.Ins or Operation.Outs && !MayUsePort((ushort)_cpu.Gpr[Rdx], size, operation == Operation.Ins))
            return false;

        ulong flags = _cpu.Rflags;
        ulong left;
        switch (operation)
        {
            case Operation.Movs:
                Store(_target, Load(_source));
                break;
            case Operation.Stos:
                Store(_target, Truncate(_cpu.Gpr[Rax], size));
                break;
            case Operation.Lods:
                WriteGeneral(Rax, size, Load(_source));
                break;
            case Operation.Cmps:
                left = Load(_source);
                Alu.Subtract(left, Load(_target), 0, size, ref flags);
                break;
            case Operation.Scas:
                Alu.Subtract(Truncate(_cpu.Gpr[Rax], size), Load(_target), 0, size, ref flags);
                break;
            case Operation.Ins:
                Store(_target, _ports.Read((ushort)_cpu.Gpr[Rdx], size));
                break;
            default:
                _ports.Write((ushort)_cpu.Gpr[Rdx], size, (uint)Load(_source));
                break;
        }

        _cpu.Rflags = flags;
        ulong step = (flags & Rflags.Direction) != 0 ? 0 - (ulong)size : (ulong)size;
        if (reads)
            WriteGeneral(Rsi, form.AddressSize, _cpu.Gpr[Rsi] + step);
        if (hasTarget)
            WriteGeneral(Rdi, form.AddressSize, _cpu.Gpr[Rdi] + step);
        return true;
    }

    private bool PortInOut(DecodedForm form)
    {
        bool isIn = form.Operation == Operation.In;
        int size = isIn ? form.First.Size : form.Second.Size;
        ushort port = (ushort)(isIn ? Read(form, form.Second, 1) : Read(form, form.First, 1));
        if (!MatchesExit() || !MayUsePort(port, size, isIn))
            return false;
        if (isIn)
            WriteRegister(form.First, _ports.Read(port, size));
        else
            _ports.Write(port, size, (uint)Read(form, form.Second, size));
        return true;
    }

    // The processor has checked the permission bitmap before the exit. If this is not the exit's access, only IOPL can vouch for it.
    private bool MayUsePort(ushort port, int size, bool isIn)
    {
        if (_hint.HasPort)
            return (_hint.Port == port && _hint.PortSize == size && _hint.IsIn == isIn) || Fail(EmulationStatus.Retry);
        int ioPrivilege = (int)(_cpu.Rflags >> IoPrivilegeShift) & 3;
        bool mayUse = (_cpu.Cr0 & Cr0.ProtectionEnable) == 0 || (!_cpu.IsVirtual8086 && _cpu.Cpl <= ioPrivilege);
        return mayUse || Raise(Vectors.GeneralProtection, 0);
    }

    private int StackSize()
    {
        if (_cpu.Is64Bit)
            return 8;
        return _cpu.Segments[(int)SegmentRegister.Ss].IsBig ? 4 : 2;
    }

    private bool Push(DecodedForm form)
    {
        int size = form.First.Size;
        int stack = StackSize();
        ulong top = Truncate(_cpu.Gpr[Rsp] - (ulong)size, stack);
        if (form.First.Kind == OperandKind.Memory && !Resolve(_source, form.Segment, EffectiveAddress(form), size, write: false))
            return false;
        if (!Resolve(_target, (int)SegmentRegister.Ss, top, size, write: true) || !MatchesExit())
            return false;
        Store(_target, form.First.Kind == OperandKind.Memory ? Load(_source) : Read(form, form.First, size));
        WriteGeneral(Rsp, stack, top);
        return true;
    }

    // The target's address is computed with the stack pointer after the pop.
    private bool Pop(DecodedForm form)
    {
        int size = form.First.Size;
        int stack = StackSize();
        ulong before = _cpu.Gpr[Rsp];
        if (!Resolve(_source, (int)SegmentRegister.Ss, Truncate(before, stack), size, write: false))
            return false;
        WriteGeneral(Rsp, stack, before + (ulong)size);
        if (form.First.Kind == OperandKind.Memory
            && !Resolve(_target, form.Segment, EffectiveAddress(form), size, write: true))
        {
            _cpu.Gpr[Rsp] = before;
            return false;
        }

        if (!MatchesExit())
        {
            _cpu.Gpr[Rsp] = before;
            return false;
        }

        Write(form.First, Load(_source));
        return true;
    }

    // CALL and JMP near indirect.
    private bool Branch(DecodedForm form)
    {
        int size = form.First.Size;
        int stack = StackSize();
        ulong top = Truncate(_cpu.Gpr[Rsp] - (ulong)size, stack);
        bool call = form.Operation == Operation.Call;
        if (form.First.Kind == OperandKind.Memory && !Resolve(_source, form.Segment, EffectiveAddress(form), size, write: false))
            return false;
        if (call && !Resolve(_target, (int)SegmentRegister.Ss, top, size, write: true))
            return false;
        if (!MatchesExit())
            return false;

        ulong destination = form.First.Kind == OperandKind.Memory ? Load(_source) : Read(form, form.First, size);
        bool reachable = _cpu.Is64Bit ? IsCanonical(destination) : destination <= _cpu.Segments[(int)SegmentRegister.Cs].Limit;
        if (!reachable)
            return Raise(Vectors.GeneralProtection, 0);
        if (call)
        {
            Store(_target, Truncate(NextInstruction(form), size));
            WriteGeneral(Rsp, stack, top);
        }

        SetInstructionPointer(destination);
        return true;
    }
}
