// The executor's operation for each mnemonic.
using Iced.Intel;

namespace Kilonova.Vmm.Emulation;

internal static partial class FormBuilder
{
    private static Operation Select(Mnemonic mnemonic)
    {
        Operation operation = SelectInteger(mnemonic);
        return operation != Operation.Unsupported ? operation : SelectMove(mnemonic);
    }

    private static Operation SelectInteger(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Add => Operation.Add,
        Mnemonic.Or => Operation.Or,
        Mnemonic.Adc => Operation.Adc,
        Mnemonic.Sbb => Operation.Sbb,
        Mnemonic.And => Operation.And,
        Mnemonic.Sub => Operation.Sub,
        Mnemonic.Xor => Operation.Xor,
        Mnemonic.Cmp => Operation.Cmp,
        Mnemonic.Test => Operation.Test,
        Mnemonic.Inc => Operation.Inc,
        Mnemonic.Dec => Operation.Dec,
        Mnemonic.Neg => Operation.Neg,
        Mnemonic.Not => Operation.Not,
        Mnemonic.Rol => Operation.Rol,
        Mnemonic.Ror => Operation.Ror,
        Mnemonic.Rcl => Operation.Rcl,
        Mnemonic.Rcr => Operation.Rcr,
        Mnemonic.Shl or Mnemonic.Sal => Operation.Shl,
        Mnemonic.Shr => Operation.Shr,
        Mnemonic.Sar => Operation.Sar,
        Mnemonic.Shld => Operation.Shld,
        Mnemonic.Shrd => Operation.Shrd,
        Mnemonic.Mul => Operation.Mul,
        Mnemonic.Imul => Operation.Imul,
        Mnemonic.Div => Operation.Div,
        Mnemonic.Idiv => Operation.Idiv,
        Mnemonic.Bt => Operation.Bt,
        Mnemonic.Bts => Operation.Bts,
        Mnemonic.Btr => Operation.Btr,
        Mnemonic.Btc => Operation.Btc,
        Mnemonic.Bsf => Operation.Bsf,
        Mnemonic.Bsr => Operation.Bsr,
        Mnemonic.Tzcnt => Operation.Tzcnt,
        Mnemonic.Lzcnt => Operation.Lzcnt,
        Mnemonic.Popcnt => Operation.Popcnt,
        Mnemonic.Crc32 => Operation.Crc32,
        Mnemonic.Adcx => Operation.Adcx,
        Mnemonic.Adox => Operation.Adox,
        Mnemonic.Andn => Operation.Andn,
        Mnemonic.Bextr => Operation.Bextr,
        Mnemonic.Blsi => Operation.Blsi,
        Mnemonic.Blsmsk => Operation.Blsmsk,
        Mnemonic.Blsr => Operation.Blsr,
        Mnemonic.Bzhi => Operation.Bzhi,
        Mnemonic.Pdep => Operation.Pdep,
        Mnemonic.Pext => Operation.Pext,
        Mnemonic.Mulx => Operation.Mulx,
        Mnemonic.Rorx => Operation.Rorx,
        Mnemonic.Sarx => Operation.Sarx,
        Mnemonic.Shlx => Operation.Shlx,
        Mnemonic.Shrx => Operation.Shrx,
        _ => Operation.Unsupported,
    };

    private static Operation SelectMove(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Mov or Mnemonic.Movnti => Operation.Mov,
        Mnemonic.Movzx => Operation.MovZeroExtend,
        Mnemonic.Movsx or Mnemonic.Movsxd => Operation.MovSignExtend,
        Mnemonic.Movbe => Operation.MovByteSwapped,
        Mnemonic.Lea => Operation.LoadAddress,
        Mnemonic.Xchg => Operation.Xchg,
        Mnemonic.Xadd => Operation.Xadd,
        Mnemonic.Cmpxchg => Operation.Cmpxchg,
        Mnemonic.Cmpxchg8b => Operation.Cmpxchg8b,
        Mnemonic.Cmpxchg16b => Operation.Cmpxchg16b,
        >= Mnemonic.Cmova and <= Mnemonic.Cmovs => Operation.Cmov,
        >= Mnemonic.Seta and <= Mnemonic.Sets => Operation.Set,
        Mnemonic.Push => Operation.Push,
        Mnemonic.Pop => Operation.Pop,
        Mnemonic.Call => Operation.Call,
        Mnemonic.Jmp => Operation.Jmp,
        Mnemonic.Xlatb => Operation.Xlat,
        Mnemonic.Movsb or Mnemonic.Movsw or Mnemonic.Movsd or Mnemonic.Movsq => Operation.Movs,
        Mnemonic.Cmpsb or Mnemonic.Cmpsw or Mnemonic.Cmpsd or Mnemonic.Cmpsq => Operation.Cmps,
        Mnemonic.Stosb or Mnemonic.Stosw or Mnemonic.Stosd or Mnemonic.Stosq => Operation.Stos,
        Mnemonic.Lodsb or Mnemonic.Lodsw or Mnemonic.Lodsd or Mnemonic.Lodsq => Operation.Lods,
        Mnemonic.Scasb or Mnemonic.Scasw or Mnemonic.Scasd or Mnemonic.Scasq => Operation.Scas,
        Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd => Operation.Ins,
        Mnemonic.Outsb or Mnemonic.Outsw or Mnemonic.Outsd => Operation.Outs,
        Mnemonic.In => Operation.In,
        Mnemonic.Out => Operation.Out,
        Mnemonic.Movups or Mnemonic.Movupd or Mnemonic.Movdqu or Mnemonic.Lddqu => Operation.VectorMove,
        Mnemonic.Movaps or Mnemonic.Movapd or Mnemonic.Movdqa or Mnemonic.Movntps or Mnemonic.Movntpd
            or Mnemonic.Movntdq or Mnemonic.Movntdqa => Operation.VectorMoveAligned,
        Mnemonic.Movss => Operation.VectorScalarMove,
        Mnemonic.Movlps or Mnemonic.Movlpd => Operation.VectorLowMove,
        Mnemonic.Movhps or Mnemonic.Movhpd => Operation.VectorHighMove,
        Mnemonic.Movd or Mnemonic.Movq => Operation.VectorZeroExtendMove,
        Mnemonic.Movddup => Operation.VectorDuplicate,
        Mnemonic.Nop or Mnemonic.Reservednop or Mnemonic.Prefetchw or Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1 or Mnemonic.Prefetcht2
            or Mnemonic.Prefetchnta or Mnemonic.Prefetch or Mnemonic.Clflush or Mnemonic.Clflushopt or Mnemonic.Clwb => Operation.Nop,
        _ => Operation.Unsupported,
    };
}
