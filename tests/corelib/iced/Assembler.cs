using Iced.Intel;

namespace Kilonova.IcedComparison;

/// <summary>Puts the bytes of an opcode together up to the ModRM byte. Not every combination is valid; the decoder says so.</summary>
internal static class Assembler
{
    /// <summary>Differences that the description leaves open: further operand in use or not, masking, broadcast.</summary>
    internal const int VariantCount = 3;

    private const uint OperandSizePrefix = 0x66;
    private const uint AddressSizePrefix = 0x67;
    private const uint RexW = 0x48;

    /// <summary>False if this kind of encoding has no such variant.</summary>
    internal static bool Assemble(ByteSource source, OpCodeInfo opcode, int bitness, byte modRm, int variant)
    {
        source.Clear();
        uint placed = Place(opcode, modRm);
        if (opcode.AddressSize != 0 && opcode.AddressSize != bitness)
            source.Add(AddressSizePrefix);
        switch (opcode.Encoding)
        {
            case EncodingKind.Legacy:
                if (variant > 1)
                    return false;
                AddLegacy(source, opcode, bitness, variant);
                source.Add(placed);
                return true;
            case EncodingKind.D3NOW:
                if (variant != 0)
                    return false;
                Add3DNow(source, opcode, placed);
                return true;
            case EncodingKind.VEX:
                AddVex(source, opcode, 0xc4, opcode.OpCode, variant);
                source.Add(placed);
                return true;
            case EncodingKind.XOP:
                AddVex(source, opcode, 0x8f, opcode.OpCode, variant);
                source.Add(placed);
                return true;
            case EncodingKind.EVEX:
            case EncodingKind.MVEX:
                AddEvex(source, opcode, variant);
                source.Add(placed);
                return true;
            default:
                return false;
        }
    }

    // Opcode extensions live in the ModRM byte.
    private static uint Place(OpCodeInfo opcode, uint modRm)
    {
        if (opcode.IsGroup)
            modRm = (modRm & ~0x38u) | ((uint)opcode.GroupIndex << 3);
        if (opcode.IsRmGroup)
            modRm = (modRm & ~0x07u) | (uint)opcode.RmGroupIndex;
        return modRm;
    }

    private static void AddLegacy(ByteSource source, OpCodeInfo opcode, int bitness, int variant)
    {
        // A far pointer or a short branch has an operand size that differs from the mode's.
        int natural = bitness == 16 ? 16 : 32;
        bool wide = opcode.OperandSize == 64 || opcode.W == 1;
        if (opcode.OperandSize != 0 && opcode.OperandSize != 64 && opcode.OperandSize != natural)
            source.Add(OperandSizePrefix);
        if (opcode.Fwait)
            source.Add(0x9b);
        switch (opcode.MandatoryPrefix)
        {
            case MandatoryPrefix.P66:
                source.Add(0x66);
                break;
            case MandatoryPrefix.PF3:
                source.Add(0xf3);
                break;
            case MandatoryPrefix.PF2:
                source.Add(0xf2);
                break;
        }
        if (bitness == 64 && wide)
            source.Add(variant == 0 ? RexW : RexW | 0x05);
        else if (bitness == 64 && variant != 0)
            source.Add(0x45);
        AddTable(source, opcode.Table);
        AddOpcode(source, opcode);
    }

    private static void Add3DNow(ByteSource source, OpCodeInfo opcode, uint modRm)
    {
        // The opcode is the immediate behind the operands; only the register form has it at a fixed place.
        source.Add(0x0f);
        source.Add(0x0f);
        source.Add(modRm | 0xc0);
        source.Add(opcode.OpCode);
    }

    private static void AddTable(ByteSource source, OpCodeTableKind table)
    {
        if (table == OpCodeTableKind.Normal)
            return;
        source.Add(0x0f);
        if (table == OpCodeTableKind.T0F38)
            source.Add(0x38);
        else if (table == OpCodeTableKind.T0F3A)
            source.Add(0x3a);
    }

    private static void AddOpcode(ByteSource source, OpCodeInfo opcode)
    {
        if (opcode.OpCodeLength == 2)
            source.Add(opcode.OpCode >> 8);
        source.Add(opcode.OpCode);
    }

    private static uint PrefixBits(OpCodeInfo opcode) => opcode.MandatoryPrefix switch
    {
        MandatoryPrefix.P66 => 1u,
        MandatoryPrefix.PF3 => 2u,
        MandatoryPrefix.PF2 => 3u,
        _ => 0u,
    };

    private static uint TableBits(OpCodeTableKind table) => table switch
    {
        OpCodeTableKind.T0F => 1u,
        OpCodeTableKind.T0F38 => 2u,
        OpCodeTableKind.T0F3A => 3u,
        OpCodeTableKind.MAP5 => 5u,
        OpCodeTableKind.MAP6 => 6u,
        OpCodeTableKind.MAP8 => 8u,
        OpCodeTableKind.MAP9 => 9u,
        OpCodeTableKind.MAP10 => 10u,
        _ => 0u,
    };

    // R, X, B and vvvv are stored inverted: ones are register 0 or no register.
    private static void AddVex(ByteSource source, OpCodeInfo opcode, uint escape, uint code, int variant)
    {
        uint register = variant == 0 ? 0xfu : variant == 1 ? 0xdu : 0xau;
        source.Add(escape);
        source.Add(0xe0 | TableBits(opcode.Table));
        source.Add((opcode.W << 7) | (register << 3) | (opcode.L << 2) | PrefixBits(opcode));
        AddOpcode(source, opcode);
    }

    private static void AddEvex(ByteSource source, OpCodeInfo opcode, int variant)
    {
        bool isMvex = opcode.Encoding == EncodingKind.MVEX;
        uint register = variant == 0 ? 0xfu : 0xdu;
        uint mask = variant == 2 ? 2u : opcode.RequireOpMaskRegister ? 1u : 0u;
        uint last = isMvex
            ? (opcode.MvexEHBit == MvexEHBit.EH1 ? 0x88u : 0x08u) | mask
            : (opcode.L << 5) | (variant == 2 ? 0x18u : 0x08u) | mask;
        source.Add(0x62);
        source.Add(0xf0 | TableBits(opcode.Table));
        source.Add((opcode.W << 7) | (register << 3) | (isMvex ? 0u : 4u) | PrefixBits(opcode));
        source.Add(last);
        AddOpcode(source, opcode);
    }
}
