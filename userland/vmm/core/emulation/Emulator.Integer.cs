// Integer instructions: moves, arithmetic, logic, bits, exchanges.
using System.Buffers.Binary;
using System.Numerics;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Emulation;

public sealed partial class Emulator
{
    private bool Move(DecodedForm form)
    {
        if (!Prepare(form, writesFirst: true))
            return false;
        ulong value = Read(form, form.Second, form.First.Size);
        switch (form.Operation)
        {
            case Operation.MovSignExtend:
                value = Alu.SignExtend(value, form.Second.Size);
                break;
            case Operation.MovByteSwapped:
                value = BinaryPrimitives.ReverseEndianness(value) >> (64 - (8 * form.First.Size));
                break;
        }

        // A selector goes to memory as a word, whatever the operand size.
        Write(form.First, value);
        return true;
    }

    // One or two operands in, the first one out: ADD to SHRD.
    private bool Modify(DecodedForm form)
    {
        bool writes = form.Operation is not (Operation.Cmp or Operation.Test);
        if (!Prepare(form, writes))
            return false;
        int size = form.First.Size;
        ulong b = form.Second.Kind == OperandKind.None ? 0 : Read(form, form.Second, size);
        int count = form.Third.Kind == OperandKind.None ? 0 : (int)(byte)Read(form, form.Third, 1);
        ulong a = Read(form, form.First, size);
        while (true)
        {
            ulong flags = _cpu.Rflags;
            ulong result = Combine(form.Operation, a, b, count, size, ref flags);
            if (!writes)
            {
                _cpu.Rflags = flags;
                return true;
            }

            if (form.Locked)
            {
                if (!TryReplace(_target, ref a, result))
                    continue;
            }
            else
            {
                Write(form.First, result);
            }

            _cpu.Rflags = flags;
            return true;
        }
    }

    private static ulong Combine(Operation operation, ulong a, ulong b, int count, int size, ref ulong flags)
    {
        switch (operation)
        {
            case Operation.Add:
                return Alu.Add(a, b, 0, size, ref flags);
            case Operation.Adc:
                return Alu.Add(a, b, flags & Rflags.Carry, size, ref flags);
            case Operation.Sub or Operation.Cmp:
                return Alu.Subtract(a, b, 0, size, ref flags);
            case Operation.Sbb:
                return Alu.Subtract(a, b, flags & Rflags.Carry, size, ref flags);
            case Operation.And or Operation.Test:
                return Alu.Logic(a & b, size, ref flags);
            case Operation.Or:
                return Alu.Logic(a | b, size, ref flags);
            case Operation.Xor:
                return Alu.Logic(a ^ b, size, ref flags);
            case Operation.Inc:
                return Alu.Increment(a, down: false, size, ref flags);
            case Operation.Dec:
                return Alu.Increment(a, down: true, size, ref flags);
            case Operation.Neg:
                return Alu.Subtract(0, a, 0, size, ref flags);
            case Operation.Not:
                return ~a & Alu.Mask(size);
            case Operation.Rol:
                return Shifter.Rotate(a, (int)b, right: false, size, ref flags);
            case Operation.Ror:
                return Shifter.Rotate(a, (int)b, right: true, size, ref flags);
            case Operation.Rcl:
                return Shifter.RotateThroughCarry(a, (int)b, right: false, size, ref flags);
            case Operation.Rcr:
                return Shifter.RotateThroughCarry(a, (int)b, right: true, size, ref flags);
            case Operation.Shl:
                return Shifter.ShiftLeft(a, (int)b, size, ref flags);
            case Operation.Shr:
                return Shifter.ShiftRight(a, (int)b, size, ref flags);
            case Operation.Sar:
                return Shifter.ShiftArithmeticRight(a, (int)b, size, ref flags);
            case Operation.Shld:
                return Shifter.ShiftDouble(a, b, count, right: false, size, ref flags);
            default:
                return Shifter.ShiftDouble(a, b, count, right: true, size, ref flags);
        }
    }

    // A bit number in a register reaches beyond the operand: it is a signed offset in the string of bits at the address.
    private bool ModifyBit(DecodedForm form)
    {
        int size = form.First.Size;
        ulong number = Read(form, form.Second, size);
        bool writes = form.Operation != Operation.Bt;
        if (form.First.Kind == OperandKind.Memory)
        {
            ulong offset = EffectiveAddress(form);
            if (form.Second.Kind != OperandKind.Immediate)
            {
                long distance = (long)Alu.SignExtend(number, size) >> BitOperations.Log2((uint)(8 * size));
                offset = Truncate(offset + (ulong)(distance * size), form.AddressSize);
            }

            if (!Resolve(_target, form.Segment, offset, size, writes))
                return false;
        }

        if (!MatchesExit())
            return false;
        ulong bit = 1ul << (int)(number & (ulong)((8 * size) - 1));
        ulong value = Read(form, form.First, size);
        while (writes)
        {
            ulong result = form.Operation switch
            {
                Operation.Bts => value | bit,
                Operation.Btr => value & ~bit,
                _ => value ^ bit,
            };
            if (form.Locked && !TryReplace(_target, ref value, result))
                continue;
            if (!form.Locked)
                Write(form.First, result);
            break;
        }

        _cpu.Rflags = (_cpu.Rflags & ~Rflags.Carry) | ((value & bit) != 0 ? Rflags.Carry : 0);
        return true;
    }

    // XCHG with memory is locked with or without the prefix.
    private bool Exchange(DecodedForm form)
    {
        if (form.Second.Kind == OperandKind.Memory)
        {
            // XCHG register, memory: the operands may change places.
            return Resolve(_target, form.Segment, EffectiveAddress(form), form.Second.Size, write: true) && MatchesExit()
                && Exchange(form, form.Second, form.First);
        }

        return Prepare(form, writesFirst: true) && Exchange(form, form.First, form.Second);
    }

    private bool Exchange(DecodedForm form, in Operand first, in Operand second)
    {
        int size = first.Size;
        bool memory = first.Kind == OperandKind.Memory;
        ulong other = Read(form, second, size);
        ulong value = memory ? Load(_target) : Read(form, first, size);
        while (true)
        {
            ulong flags = _cpu.Rflags;
            ulong accumulator = Truncate(_cpu.Gpr[Rax], size);
            ulong result = other;
            bool equal = true;
            if (form.Operation == Operation.Xadd)
            {
                result = Alu.Add(value, other, 0, size, ref flags);
            }
            else if (form.Operation == Operation.Cmpxchg)
            {
                Alu.Subtract(accumulator, value, 0, size, ref flags);
                equal = accumulator == value;
                // The processor writes in any case, and a device sees it.
                result = equal ? other : value;
            }

            if (memory)
            {
                if (form.Locked || form.Operation == Operation.Xchg)
                {
                    if (!TryReplace(_target, ref value, result))
                        continue;
                }
                else
                {
                    Store(_target, result);
                }
            }

            _cpu.Rflags = flags;
            if (form.Operation == Operation.Cmpxchg)
            {
                if (!equal)
                    WriteGeneral(Rax, size, value);
            }
            else
            {
                WriteRegister(second, value);
            }

            if (!memory && equal)
                WriteRegister(first, result);
            return true;
        }
    }

    private bool CompareExchange8(DecodedForm form)
    {
        if (!Prepare(form, writesFirst: true))
            return false;
        ulong expected = (uint)_cpu.Gpr[Rax] | (_cpu.Gpr[Rdx] << 32);
        ulong replacement = (uint)_cpu.Gpr[Rbx] | (_cpu.Gpr[Rcx] << 32);
        ulong value = Load(_target);
        while (!TryReplace(_target, ref value, value == expected ? replacement : value))
        {
        }

        _cpu.Rflags &= ~Rflags.Zero;
        if (value == expected)
        {
            _cpu.Rflags |= Rflags.Zero;
        }
        else
        {
            _cpu.Gpr[Rax] = (uint)value;
            _cpu.Gpr[Rdx] = value >> 32;
        }

        return true;
    }

    // There is no 16-byte atomic store on this level: against other CPUs' stores to plain memory this one is not atomic.
    private bool CompareExchange16(DecodedForm form)
    {
        if (!Resolve(_target, form.Segment, EffectiveAddress(form), 16, write: true, aligned: true) || !MatchesExit())
            return false;
        Load(_target, out ulong low, out ulong high);
        bool equal = low == _cpu.Gpr[Rax] && high == _cpu.Gpr[Rdx];
        Store(_target, equal ? _cpu.Gpr[Rbx] : low, equal ? _cpu.Gpr[Rcx] : high);
        _cpu.Rflags &= ~Rflags.Zero;
        if (equal)
        {
            _cpu.Rflags |= Rflags.Zero;
        }
        else
        {
            _cpu.Gpr[Rax] = low;
            _cpu.Gpr[Rdx] = high;
        }

        return true;
    }

    private bool Conditional(DecodedForm form)
    {
        if (!Prepare(form, writesFirst: true))
            return false;
        bool holds = Alu.Holds(form.Condition, _cpu.Rflags);
        if (form.Operation == Operation.Set)
        {
            Write(form.First, holds ? 1ul : 0);
            return true;
        }

        // The source is read, and the upper half of a 32-bit register cleared, whatever the condition.
        ulong value = Read(form, form.Second, form.First.Size);
        WriteRegister(form.First, holds ? value : Read(form, form.First, form.First.Size));
        return true;
    }

    private bool MultiplyOrDivide(DecodedForm form)
    {
        if (!Prepare(form, writesFirst: false))
            return false;
        int size = form.First.Size;
        if (form.Operation == Operation.Imul)
        {
            ulong flags = _cpu.Rflags;
            ulong left = form.Third.Kind == OperandKind.None ? Read(form, form.First, size) : Read(form, form.Third, size);
            WriteRegister(form.First, Alu.MultiplySigned(left, Read(form, form.Second, size), size, out _, ref flags));
            _cpu.Rflags = flags;
            return true;
        }

        ulong operand = Read(form, form.First, size);
        ulong low = Truncate(_cpu.Gpr[Rax], size);
        ulong high = size == 1 ? (byte)(_cpu.Gpr[Rax] >> 8) : Truncate(_cpu.Gpr[Rdx], size);
        if (form.Operation is Operation.Mul or Operation.ImulWide)
        {
            ulong flags = _cpu.Rflags;
            low = form.Operation == Operation.Mul
                ? Alu.Multiply(low, operand, size, out high, ref flags)
                : Alu.MultiplySigned(low, operand, size, out high, ref flags);
            _cpu.Rflags = flags;
        }
        else
        {
            bool fits = form.Operation == Operation.Div
                ? Alu.TryDivide(high, low, operand, size, out ulong quotient, out ulong remainder)
                : Alu.TryDivideSigned(high, low, operand, size, out quotient, out remainder);
            if (!fits)
                return Raise(Vectors.DivideError);
            low = quotient;
            high = remainder;
        }

        if (size == 1)
        {
            WriteGeneral(Rax, 2, low | (high << 8));
            return true;
        }

        WriteGeneral(Rax, size, low);
        WriteGeneral(Rdx, size, high);
        return true;
    }

    private bool Translate(DecodedForm form)
    {
        ulong offset = Truncate(EffectiveAddress(form) + (byte)_cpu.Gpr[Rax], form.AddressSize);
        if (!Resolve(_source, form.Segment, offset, 1, write: false) || !MatchesExit())
            return false;
        WriteGeneral(Rax, 1, Load(_source));
        return true;
    }
}
