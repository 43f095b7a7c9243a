// Which flags an instruction leaves undefined with the operands it was given (Intel SDM volume 2).
using Iced.Intel;

namespace Kilonova.Vmm.Tests;

internal static class UndefinedFlags
{
    private const ulong Carry = 1;
    private const ulong Auxiliary = 0x10;
    private const ulong Overflow = 0x800;

    public static ulong Of(in Instruction instruction, ulong[] registers)
    {
        RflagsBits bits = instruction.RflagsUndefined;
        ulong mask = 0;
        mask |= (bits & RflagsBits.CF) != 0 ? Carry : 0;
        mask |= (bits & RflagsBits.PF) != 0 ? 4ul : 0;
        mask |= (bits & RflagsBits.AF) != 0 ? Auxiliary : 0;
        mask |= (bits & RflagsBits.ZF) != 0 ? 0x40ul : 0;
        mask |= (bits & RflagsBits.SF) != 0 ? 0x80ul : 0;
        mask |= (bits & RflagsBits.OF) != 0 ? Overflow : 0;
        return mask | Shift(instruction, registers);
    }

    /// <summary>Whether the result itself is undefined.</summary>
    public static bool Result(in Instruction instruction, ulong[] registers) =>
        instruction.Mnemonic is Mnemonic.Shld or Mnemonic.Shrd && Size(instruction) == 2 && Count(instruction, registers) > 16;

    private static ulong Shift(in Instruction instruction, ulong[] registers)
    {
        if (instruction.Mnemonic is not (Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol or Mnemonic.Ror
            or Mnemonic.Rcl or Mnemonic.Rcr or Mnemonic.Shld or Mnemonic.Shrd))
            return 0;
        int count = Count(instruction, registers);
        bool rotate = instruction.Mnemonic is Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr;
        ulong mask = 0;
        if (count == 0)
            return 0;
        if (!rotate)
            mask |= Auxiliary;
        if (count != 1)
            mask |= Overflow;
        if (instruction.Mnemonic is Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr && count >= 8 * Size(instruction))
            mask |= Carry;
        return mask;
    }

    private static int Count(in Instruction instruction, ulong[] registers)
    {
        int last = instruction.OpCount - 1;
        ulong count = instruction.GetOpKind(last) == OpKind.Register ? registers[1] : instruction.GetImmediate(last);
        return (int)count & (Size(instruction) == 8 ? 0x3f : 0x1f);
    }

    private static int Size(in Instruction instruction) =>
        instruction.Op0Kind == OpKind.Memory ? instruction.MemorySize.GetSize() : instruction.Op0Register.GetSize();
}
