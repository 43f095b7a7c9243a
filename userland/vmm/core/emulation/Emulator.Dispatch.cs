// From an operation to the code that executes it, and operands in registers.
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Emulation;

public sealed partial class Emulator
{
    private const int Rax = 0;
    private const int Rcx = 1;
    private const int Rdx = 2;
    private const int Rbx = 3;
    private const int Rsp = 4;
    private const int Rsi = 6;
    private const int Rdi = 7;

    // False: nothing was done, _failure tells why.
    private bool Run(DecodedForm form)
    {
        switch (form.Operation)
        {
            case Operation.Nop:
                return true;
            case >= Operation.Add and <= Operation.Shrd:
                return Modify(form);
            case >= Operation.Bt and <= Operation.Btc:
                return ModifyBit(form);
            case Operation.Mov or Operation.MovZeroExtend or Operation.MovSignExtend or Operation.MovByteSwapped:
                return Move(form);
            case Operation.LoadAddress:
                WriteRegister(form.First, EffectiveAddress(form));
                return true;
            case Operation.Xchg or Operation.Xadd or Operation.Cmpxchg:
                return Exchange(form);
            case Operation.Cmpxchg8b:
                return CompareExchange8(form);
            case Operation.Cmpxchg16b:
                return CompareExchange16(form);
            case >= Operation.Mul and <= Operation.Idiv:
                return MultiplyOrDivide(form);
            case >= Operation.Bsf and <= Operation.Shrx:
                return Compute(form);
            case Operation.Cmov or Operation.Set:
                return Conditional(form);
            case Operation.Push or Operation.Pop:
                return form.Operation == Operation.Push ? Push(form) : Pop(form);
            case Operation.Call or Operation.Jmp:
                return Branch(form);
            case Operation.Xlat:
                return Translate(form);
            case >= Operation.Movs and <= Operation.Outs:
                return RunString(form);
            case Operation.In or Operation.Out:
                return PortInOut(form);
            case >= Operation.VectorMove and <= Operation.VectorDuplicate:
                return MoveVector(form);
            default:
                return Fail(EmulationStatus.Unsupported);
        }
    }

    // Resolves the one memory operand of a form, if it has one: the first as target, any other as source.
    private bool Prepare(DecodedForm form, bool writesFirst)
    {
        if (form.First.Kind == OperandKind.Memory)
        {
            if (!Resolve(_target, form.Segment, EffectiveAddress(form), form.First.Size, writesFirst))
                return false;
        }
        else if (form.Second.Kind == OperandKind.Memory)
        {
            if (!Resolve(_source, form.Segment, EffectiveAddress(form), form.Second.Size, write: false))
                return false;
        }
        else if (form.Third.Kind == OperandKind.Memory
            && !Resolve(_source, form.Segment, EffectiveAddress(form), form.Third.Size, write: false))
        {
            return false;
        }

        return MatchesExit();
    }

    // The value of an operand. A memory operand is read, so call this once per operand.
    private ulong Read(DecodedForm form, in Operand operand, int size)
    {
        switch (operand.Kind)
        {
            case OperandKind.General:
                return Truncate(_cpu.Gpr[operand.Register], operand.Size);
            case OperandKind.HighByte:
                return (byte)(_cpu.Gpr[operand.Register] >> 8);
            case OperandKind.Immediate:
                return Truncate(form.Immediate, size);
            case OperandKind.Segment:
                return _cpu.Segments[operand.Register].Selector;
            default:
                return Load(form.First.Kind == OperandKind.Memory ? _target : _source);
        }
    }

    // Registers keep their upper bits in 8 and 16-bit writes and lose them in 32-bit writes.
    private void WriteRegister(in Operand operand, ulong value)
    {
        ref ulong register = ref _cpu.Gpr[operand.Register];
        if (operand.Kind == OperandKind.HighByte)
            register = (register & ~0xff00ul) | ((value & 0xff) << 8);
        else
            register = Merge(register, value, operand.Size);
    }

    private static ulong Merge(ulong old, ulong value, int size) => size switch
    {
        1 => (old & ~0xfful) | (byte)value,
        2 => (old & ~0xfffful) | (ushort)value,
        4 => (uint)value,
        _ => value,
    };

    private void WriteGeneral(int register, int size, ulong value) => _cpu.Gpr[register] = Merge(_cpu.Gpr[register], value, size);

    private void Write(in Operand operand, ulong value)
    {
        if (operand.Kind == OperandKind.Memory)
            Store(_target, value);
        else
            WriteRegister(operand, value);
    }
}
