// Instructions that compute a register from a source and leave the source alone: bit scans, CRC, BMI and ADX.
using System.Numerics;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Emulation;

public sealed partial class Emulator
{
    private bool Compute(DecodedForm form)
    {
        if (!Prepare(form, writesFirst: false))
            return false;
        int size = form.First.Size;
        ulong flags = _cpu.Rflags;
        ulong second = Read(form, form.Second, form.Second.Kind == OperandKind.Immediate ? 1 : size);
        ulong third = form.Third.Kind == OperandKind.None ? 0 : Read(form, form.Third, form.Third.Kind == OperandKind.Immediate ? 1 : size);
        switch (form.Operation)
        {
            case Operation.Bsf or Operation.Bsr:
                ScanBits(form, second);
                return true;
            case Operation.Mulx:
                // The low half first: when both registers are the same, the high half stays.
                ulong low = Alu.Multiply(Truncate(_cpu.Gpr[Rdx], size), third, size, out ulong high, ref flags);
                WriteRegister(form.Second, low);
                WriteRegister(form.First, high);
                return true;
            case Operation.Crc32:
                WriteRegister(form.First, Shifter.Crc32((uint)_cpu.Gpr[form.First.Register], second, form.Second.Size));
                return true;
            case Operation.Adcx or Operation.Adox:
                AddWithOneFlag(form, second);
                return true;
        }

        ulong result = form.Operation switch
        {
            Operation.Tzcnt => Count(Shifter.TrailingZeros(second, size), size, ref flags),
            Operation.Lzcnt => Count(Shifter.LeadingZeros(second, size), size, ref flags),
            Operation.Popcnt => PopulationCount(second, ref flags),
            Operation.Andn => AndNot(second, third, size, ref flags),
            Operation.Bextr => ExtractField(second, third, size, ref flags),
            Operation.Blsi => LowestBit((0 - second) & second, second != 0, size, ref flags),
            Operation.Blsmsk => LowestBit((second - 1) ^ second, second == 0, size, ref flags),
            Operation.Blsr => LowestBit((second - 1) & second, second == 0, size, ref flags),
            Operation.Bzhi => ZeroHigh(second, (byte)third, size, ref flags),
            Operation.Pdep => Shifter.Deposit(second, third),
            Operation.Pext => Shifter.Extract(second, third),
            _ => ShiftWithoutFlags(form.Operation, second, (int)(byte)third, size),
        };
        WriteRegister(form.First, result);
        _cpu.Rflags = flags;
        return true;
    }

    // A source of 0 leaves the destination alone, which processors do and software relies on.
    private void ScanBits(DecodedForm form, ulong source)
    {
        _cpu.Rflags &= ~Rflags.Zero;
        if (source == 0)
        {
            _cpu.Rflags |= Rflags.Zero;
            return;
        }

        int bit = form.Operation == Operation.Bsf ? BitOperations.TrailingZeroCount(source) : BitOperations.Log2(source);
        WriteRegister(form.First, (ulong)bit);
    }

    private void AddWithOneFlag(DecodedForm form, ulong source)
    {
        ulong flag = form.Operation == Operation.Adcx ? Rflags.Carry : Rflags.Overflow;
        ulong flags = 0;
        ulong carry = (_cpu.Rflags & flag) != 0 ? 1ul : 0;
        int size = form.First.Size;
        ulong result = Alu.Add(Truncate(_cpu.Gpr[form.First.Register], size), source, carry, size, ref flags);
        WriteRegister(form.First, result);
        _cpu.Rflags = (_cpu.Rflags & ~flag) | ((flags & Rflags.Carry) != 0 ? flag : 0);
    }

    private static ulong Count(ulong zeros, int size, ref ulong flags)
    {
        flags &= ~(Rflags.Carry | Rflags.Zero);
        if (zeros == (ulong)(8 * size))
            flags |= Rflags.Carry;
        if (zeros == 0)
            flags |= Rflags.Zero;
        return zeros;
    }

    private static ulong PopulationCount(ulong source, ref ulong flags)
    {
        flags = (flags & ~Rflags.Status) | (source == 0 ? Rflags.Zero : 0);
        return (ulong)BitOperations.PopCount(source);
    }

    private static ulong AndNot(ulong inverted, ulong source, int size, ref ulong flags) =>
        Alu.Logic(~inverted & source & Alu.Mask(size), size, ref flags);

    private static ulong ExtractField(ulong source, ulong control, int size, ref ulong flags)
    {
        int start = (byte)control;
        int length = (byte)(control >> 8);
        ulong result = start >= 64 ? 0 : source >> start;
        if (length < 64)
            result &= (1ul << length) - 1;
        flags &= ~(Rflags.Carry | Rflags.Overflow | Rflags.Zero);
        flags |= (result & Alu.Mask(size)) == 0 ? Rflags.Zero : 0;
        return result;
    }

    private static ulong LowestBit(ulong result, bool carry, int size, ref ulong flags)
    {
        result &= Alu.Mask(size);
        Alu.Logic(result, size, ref flags);
        flags |= carry ? Rflags.Carry : 0;
        return result;
    }

    private static ulong ZeroHigh(ulong source, int index, int size, ref ulong flags)
    {
        bool beyond = index >= 8 * size;
        ulong result = beyond ? source : source & ((1ul << index) - 1);
        Alu.Logic(result, size, ref flags);
        flags |= beyond ? Rflags.Carry : 0;
        return result;
    }

    private static ulong ShiftWithoutFlags(Operation operation, ulong value, int count, int size)
    {
        ulong ignored = 0;
        return operation switch
        {
            Operation.Rorx => Shifter.Rotate(value, count, right: true, size, ref ignored),
            Operation.Sarx => Shifter.ShiftArithmeticRight(value, count, size, ref ignored),
            Operation.Shlx => Shifter.ShiftLeft(value, count, size, ref ignored),
            _ => Shifter.ShiftRight(value, count, size, ref ignored),
        };
    }
}
