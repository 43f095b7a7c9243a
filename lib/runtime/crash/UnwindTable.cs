namespace Kilonova.Runtime;

/// <summary>The registers that unwinding needs and finds: those a function must keep, and where it goes on.</summary>
public struct UnwindRegisters
{
    /// <summary>Instruction pointer.</summary>
    public ulong Rip;

    /// <summary>Stack pointer.</summary>
    public ulong Rsp;

    /// <summary>RBP.</summary>
    public ulong Rbp;

    /// <summary>RBX.</summary>
    public ulong Rbx;

    /// <summary>R12.</summary>
    public ulong R12;

    /// <summary>R13.</summary>
    public ulong R13;

    /// <summary>R14.</summary>
    public ulong R14;

    /// <summary>R15.</summary>
    public ulong R15;
}

/// <summary>
/// Finds the caller of a function by the tables that compiler and assembler leave: .eh_frame_hdr (Linux Standard Base, section 10.6.2) leads
/// to a frame description in .eh_frame (DWARF 4, section 6.4). Only what ilc and GNU as emit is understood; anything else ends the walk.
/// The stack is read within given bounds only, since it may be what is broken.
/// </summary>
public readonly unsafe struct UnwindTable
{
    private const int RegisterRbx = 3;
    private const int RegisterRbp = 6;
    private const int RegisterRsp = 7;
    private const int RegisterCount = 17;
    private const int ReturnAddress = 16;
    private const byte EncodingRelative4 = 0x1b;
    private const byte EncodingUnsigned4 = 0x03;
    private const byte EncodingTableRelative4 = 0x3b;
    private const int HeaderSize = 12;

    private readonly byte* _header;
    private readonly byte* _end;

    // What is added to an address of the program, and of its stack, to get the one at which it is mapped here: 0 for the running program.
    private readonly ulong _codeDelta;
    private readonly ulong _stackDelta;

    /// <summary>Takes a mapped .eh_frame_hdr section.</summary>
    /// <param name="header">Its first byte; null for none.</param>
    /// <param name="end">The first byte behind it.</param>
    /// <param name="codeDelta">Where another program's tables are mapped, less where they are linked; 0 for the running program.</param>
    /// <param name="stackDelta">Where its stack is mapped here, less where it has it.</param>
    public UnwindTable(byte* header, byte* end, ulong codeDelta = 0, ulong stackDelta = 0)
    {
        _codeDelta = codeDelta;
        _stackDelta = stackDelta;
        var valid = header != null && end - header >= HeaderSize && header[0] == 1
            && header[1] == EncodingRelative4 && header[2] == EncodingUnsigned4 && header[3] == EncodingTableRelative4;
        _header = valid ? header : null;
        _end = end;
    }

    /// <summary>Turns the registers of a function into those of its caller.</summary>
    /// <param name="registers">The registers at the call or fault.</param>
    /// <param name="isReturnAddress">Whether RIP is behind a call instead of at the instruction that faulted.</param>
    /// <param name="stackLow">Lowest address of the stack that may be read.</param>
    /// <param name="stackHigh">First address above it.</param>
    /// <returns>False at the end of the stack, and where the tables do not say.</returns>
    public bool TryUnwind(ref UnwindRegisters registers, bool isReturnAddress, ulong stackLow, ulong stackHigh)
    {
        var pc = (isReturnAddress ? registers.Rip - 1 : registers.Rip) + _codeDelta;
        var description = Find(pc, out var start);
        if (description == null)
            return false;

        var rules = stackalloc long[RegisterCount];
        if (!Run(description, start, pc, rules, out var cfaRegister, out var cfaOffset))
            return false;

        var cfa = (cfaRegister == RegisterRsp ? registers.Rsp : registers.Rbp) + (ulong)cfaOffset;
        if (cfa - 8 < stackLow || cfa > stackHigh || cfa - 8 < registers.Rsp || (cfa & 7) != 0)
            return false;

        if (!Restore(ref registers.Rbx, rules[RegisterRbx], cfa, stackLow) || !Restore(ref registers.Rbp, rules[RegisterRbp], cfa, stackLow)
            || !Restore(ref registers.R12, rules[12], cfa, stackLow) || !Restore(ref registers.R13, rules[13], cfa, stackLow)
            || !Restore(ref registers.R14, rules[14], cfa, stackLow) || !Restore(ref registers.R15, rules[15], cfa, stackLow))
            return false;

        registers.Rip = *(ulong*)(cfa - 8 + _stackDelta);
        registers.Rsp = cfa;
        return registers.Rip != 0;
    }

    private bool Restore(ref ulong register, long offset, ulong cfa, ulong stackLow)
    {
        if (offset == 0)
            return true;

        var address = cfa + (ulong)offset;
        if (address < stackLow || address >= cfa)
            return false;

        register = *(ulong*)(address + _stackDelta);
        return true;
    }

    // Binary search for the last function that starts at or before the address, then a look whether it covers it.
    private byte* Find(ulong pc, out ulong start)
    {
        start = 0;
        if (_header == null)
            return null;

        var low = 0u;
        var high = *(uint*)(_header + 8);
        if (high > (ulong)(_end - _header - HeaderSize) / 8)
            return null;

        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Function(middle) <= pc)
                low = middle + 1;
            else
                high = middle;
        }

        if (low == 0)
            return null;

        start = Function(low - 1);
        var description = _header + *(int*)(_header + HeaderSize + (low - 1) * 8 + 4);
        return pc - start < *(uint*)(description + 12) ? description : null;
    }

    private ulong Function(uint index) => (ulong)(_header + *(int*)(_header + HeaderSize + index * 8));

    // Executes the call frame instructions up to the address. Every common description starts as CFA = RSP + 8, return address below it.
    private static bool Run(byte* description, ulong location, ulong pc, long* rules, out int cfaRegister, out long cfaOffset)
    {
        for (var i = 0; i < RegisterCount; i++)
            rules[i] = 0;

        rules[ReturnAddress] = -8;
        cfaRegister = RegisterRsp;
        cfaOffset = 8;
        var end = description + 4 + *(uint*)description;
        var at = description + 16;
        var augmentation = Unsigned(ref at);
        at += augmentation;
        while (at < end && location <= pc)
        {
            var operation = *at++;
            var operand = operation & 0x3f;
            switch (operation >> 6)
            {
                case 1: // DW_CFA_advance_loc
                    location += (uint)operand;
                    continue;

                case 2: // DW_CFA_offset
                    if (operand >= RegisterCount)
                        return false;

                    rules[operand] = -8 * (long)Unsigned(ref at);
                    continue;

                case 3: // DW_CFA_restore
                    if (operand >= RegisterCount)
                        return false;

                    rules[operand] = 0;
                    continue;
            }

            switch (operation)
            {
                case 0x00: // DW_CFA_nop
                    break;
                case 0x02: // DW_CFA_advance_loc1
                    location += *at++;
                    break;
                case 0x03: // DW_CFA_advance_loc2
                    location += *(ushort*)at;
                    at += 2;
                    break;
                case 0x04: // DW_CFA_advance_loc4
                    location += *(uint*)at;
                    at += 4;
                    break;
                case 0x0c: // DW_CFA_def_cfa
                    cfaRegister = (int)Unsigned(ref at);
                    cfaOffset = (long)Unsigned(ref at);
                    break;
                case 0x0d: // DW_CFA_def_cfa_register
                    cfaRegister = (int)Unsigned(ref at);
                    break;
                case 0x0e: // DW_CFA_def_cfa_offset
                    cfaOffset = (long)Unsigned(ref at);
                    break;
                default:
                    return false;
            }
        }

        return cfaRegister is RegisterRsp or RegisterRbp;
    }

    // ULEB128.
    private static ulong Unsigned(ref byte* at)
    {
        ulong value = 0;
        var shift = 0;
        byte next;
        do
        {
            next = *at++;
            value |= (ulong)(next & 0x7f) << shift;
            shift += 7;
        }
        while ((next & 0x80) != 0 && shift < 64);
        return value;
    }
}
