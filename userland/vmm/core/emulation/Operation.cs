// What the executor can do, as few operations as the instruction set allows; operands say the rest.
namespace Kilonova.Vmm.Emulation;

internal enum Operation : byte
{
    Unsupported,
    Nop,
    MoveControl,
    Mov,
    MovZeroExtend,
    MovSignExtend,
    MovByteSwapped,
    LoadAddress,
    Add,
    Or,
    Adc,
    Sbb,
    And,
    Sub,
    Xor,
    Cmp,
    Test,
    Inc,
    Dec,
    Neg,
    Not,
    Rol,
    Ror,
    Rcl,
    Rcr,
    Shl,
    Shr,
    Sar,
    Shld,
    Shrd,
    Mul,
    ImulWide,
    Imul,
    Div,
    Idiv,
    Bt,
    Bts,
    Btr,
    Btc,
    Bsf,
    Bsr,
    Tzcnt,
    Lzcnt,
    Popcnt,
    Crc32,
    Adcx,
    Adox,
    Andn,
    Bextr,
    Blsi,
    Blsmsk,
    Blsr,
    Bzhi,
    Pdep,
    Pext,
    Mulx,
    Rorx,
    Sarx,
    Shlx,
    Shrx,
    Xchg,
    Xadd,
    Cmpxchg,
    Cmpxchg8b,
    Cmpxchg16b,
    Cmov,
    Set,
    Push,
    Pop,
    Call,
    Jmp,
    Xlat,
    Movs,
    Cmps,
    Stos,
    Lods,
    Scas,
    Ins,
    Outs,
    In,
    Out,
    VectorMove,
    VectorMoveAligned,
    VectorScalarMove,
    VectorLowMove,
    VectorHighMove,
    VectorZeroExtendMove,
    VectorDuplicate,
}

internal enum OperandKind : byte
{
    None,
    General,
    HighByte,
    Immediate,
    Memory,
    Segment,
    Control,
    Xmm,
    StringSource,
    StringDestination,
}

/// <summary>An operand: kind, register number, size in bytes.</summary>
internal struct Operand
{
    public OperandKind Kind;
    public byte Register;
    public byte Size;
}

/// <summary>An instruction in the executor's terms. Lives in the decode cache and is overwritten there.</summary>
internal sealed class DecodedForm
{
    public const sbyte NoRegister = -1;
    public const sbyte InstructionPointer = 16;

    // The key: the bytes, zero above the length, and the mode.
    public ulong BytesLow;
    public ulong BytesHigh;
    public byte Length;
    public byte Bitness;

    public Operation Operation;
    public bool Locked;
    public bool Repeat;
    public bool RepeatWhileNotEqual;
    public byte Condition;

    public Operand First;
    public Operand Second;
    public Operand Third;
    public ulong Immediate;

    public byte Segment;
    public sbyte Base;
    public sbyte Index;
    public byte Scale;
    public byte AddressSize;
    public ulong Displacement;
}

