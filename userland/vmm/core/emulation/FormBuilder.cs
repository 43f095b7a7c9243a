// Turns what Iced decodes into the executor's terms.
using Iced.Intel;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Emulation;

internal static partial class FormBuilder
{
    public static void Build(in Instruction instruction, int bitness, DecodedForm form)
    {
        form.Operation = Select(instruction.Mnemonic);
        form.Locked = instruction.HasLockPrefix;
        form.Repeat = instruction.HasRepPrefix || instruction.HasRepnePrefix;
        form.RepeatWhileNotEqual = instruction.HasRepnePrefix;
        form.Condition = instruction.ConditionCode == ConditionCode.None ? (byte)0 : (byte)(instruction.ConditionCode - ConditionCode.o);
        form.Immediate = 0;
        form.AddressSize = (byte)(bitness / 8);
        form.Segment = (byte)SegmentRegister.Ds;
        form.Base = DecodedForm.NoRegister;
        form.Index = DecodedForm.NoRegister;
        form.Displacement = 0;
        form.First = default;
        form.Second = default;
        form.Third = default;

        int count = instruction.OpCount;
        bool understood = count <= 3;
        if (count > 0)
            understood &= TryOperand(instruction, 0, form, ref form.First);
        if (count > 1)
            understood &= TryOperand(instruction, 1, form, ref form.Second);
        if (count > 2)
            understood &= TryOperand(instruction, 2, form, ref form.Third);
        Refine(instruction, form);
        if (!understood)
            form.Operation = Operation.Unsupported;
    }

    // Where one mnemonic or one table row does not tell all.
    private static void Refine(in Instruction instruction, DecodedForm form)
    {
        switch (form.Operation)
        {
            case Operation.Imul when instruction.OpCount == 1:
                form.Operation = Operation.ImulWide;
                break;
            case Operation.Mov when form.First.Kind == OperandKind.Control || form.Second.Kind == OperandKind.Control:
                form.Operation = Operation.MoveControl;
                break;
            case Operation.Mov when form.First.Kind == OperandKind.Segment:
            case Operation.Push when form.First.Kind == OperandKind.Segment:
            case Operation.Pop when form.First.Kind == OperandKind.Segment:
            case Operation.Call or Operation.Jmp when IsFar(instruction):
                form.Operation = Operation.Unsupported;
                break;
            case Operation.Movs when instruction.Mnemonic == Mnemonic.Movsd && form.First.Kind != OperandKind.StringDestination:
                form.Operation = Operation.VectorScalarMove;
                break;
            case Operation.Push when form.First.Kind == OperandKind.Immediate:
                form.First.Size = (byte)-instruction.StackPointerIncrement;
                break;
            case Operation.Cmps when form.First.Kind != OperandKind.StringSource:
                form.Operation = Operation.Unsupported;
                break;
        }

        if (form.Operation == Operation.VectorScalarMove)
            form.Immediate = instruction.Mnemonic == Mnemonic.Movss ? 4ul : 8ul;

        // MMX registers alias the x87 stack, which an exit does not carry.
        if (form.Operation >= Operation.VectorMove && form.First.Kind != OperandKind.Xmm && form.Second.Kind != OperandKind.Xmm)
            form.Operation = Operation.Unsupported;
    }

    private static bool IsFar(in Instruction instruction) =>
        instruction.IsCallFarIndirect || instruction.IsJmpFarIndirect || instruction.IsCallFar || instruction.IsJmpFar;

    private static bool TryOperand(in Instruction instruction, int index, DecodedForm form, ref Operand operand)
    {
        OpKind kind = instruction.GetOpKind(index);
        switch (kind)
        {
            case OpKind.Register:
                return TryRegister(instruction.GetOpRegister(index), ref operand);
            case OpKind.Memory:
                operand.Kind = OperandKind.Memory;
                operand.Size = (byte)instruction.MemorySize.GetSize();
                SetAddress(instruction, form);
                return true;
            case OpKind.MemorySegSI or OpKind.MemorySegESI or OpKind.MemorySegRSI:
                operand.Kind = OperandKind.StringSource;
                operand.Size = (byte)instruction.MemorySize.GetSize();
                form.Segment = SegmentNumber(instruction.MemorySegment);
                form.AddressSize = kind == OpKind.MemorySegSI ? (byte)2 : kind == OpKind.MemorySegESI ? (byte)4 : (byte)8;
                return true;
            case OpKind.MemoryESDI or OpKind.MemoryESEDI or OpKind.MemoryESRDI:
                operand.Kind = OperandKind.StringDestination;
                operand.Size = (byte)instruction.MemorySize.GetSize();
                form.AddressSize = kind == OpKind.MemoryESDI ? (byte)2 : kind == OpKind.MemoryESEDI ? (byte)4 : (byte)8;
                return true;
            case OpKind.Immediate8 or OpKind.Immediate16 or OpKind.Immediate32 or OpKind.Immediate64
                or OpKind.Immediate8to16 or OpKind.Immediate8to32 or OpKind.Immediate8to64 or OpKind.Immediate32to64:
                operand.Kind = OperandKind.Immediate;
                form.Immediate = instruction.GetImmediate(index);
                return true;
            default:
                return false;
        }
    }

    private static bool TryRegister(Register register, ref Operand operand)
    {
        if (register is >= Register.AH and <= Register.BH)
        {
            operand.Kind = OperandKind.HighByte;
            operand.Register = (byte)(register - Register.AH);
            operand.Size = 1;
            return true;
        }

        if (register.IsGPR())
        {
            // Byte registers count AH to BH in between.
            operand.Kind = OperandKind.General;
            operand.Register = (byte)register.GetFullRegister().GetNumber();
            operand.Size = (byte)register.GetSize();
            return true;
        }

        if (register.IsXMM() && register.GetNumber() < 16)
        {
            operand.Kind = OperandKind.Xmm;
            operand.Register = (byte)register.GetNumber();
            operand.Size = 16;
            return true;
        }

        if (register.IsCR())
        {
            operand.Kind = OperandKind.Control;
            operand.Register = (byte)register.GetNumber();
            operand.Size = 8;
            return true;
        }

        if (register.IsSegmentRegister())
        {
            operand.Kind = OperandKind.Segment;
            operand.Register = SegmentNumber(register);
            operand.Size = 2;
            return true;
        }

        return false;
    }

    private static void SetAddress(in Instruction instruction, DecodedForm form)
    {
        Register @base = instruction.MemoryBase;
        Register index = instruction.MemoryIndex;
        form.Segment = SegmentNumber(instruction.MemorySegment);
        form.Displacement = instruction.MemoryDisplacement64;
        form.Scale = (byte)instruction.MemoryIndexScale;
        if (@base is Register.RIP or Register.EIP)
        {
            // Decoded at address 0, so the displacement is relative to the instruction's first byte.
            form.Base = DecodedForm.InstructionPointer;
            form.AddressSize = @base == Register.RIP ? (byte)8 : (byte)4;
            return;
        }

        int size = 0;
        if (@base != Register.None)
        {
            form.Base = (sbyte)@base.GetNumber();
            size = @base.GetSize();
        }

        // XLATB's index is AL, which the executor adds.
        if (index is not (Register.None or Register.AL))
        {
            form.Index = (sbyte)index.GetNumber();
            size = index.GetSize();
        }

        if (size == 0)
            size = instruction.MemoryDisplSize;
        if (size >= 2)
            form.AddressSize = (byte)size;
    }

    private static byte SegmentNumber(Register register) => register switch
    {
        Register.ES => (byte)SegmentRegister.Es,
        Register.CS => (byte)SegmentRegister.Cs,
        Register.SS => (byte)SegmentRegister.Ss,
        Register.FS => (byte)SegmentRegister.Fs,
        Register.GS => (byte)SegmentRegister.Gs,
        _ => (byte)SegmentRegister.Ds,
    };
}
