// From a frame's registers to its caller's, by the call frame instructions of DWARF 4, section 6.4.
namespace Internal.Runtime;

internal static unsafe class FrameUnwinder
{
    private const int RegisterCount = 17;
    private const int DwarfRbx = 3;
    private const int DwarfRbp = 6;
    private const int DwarfRsp = 7;
    private const int DwarfReturnAddress = 16;

    // ilc and the assembler both use these alignment factors.
    private const int DataAlignment = -8;

    private const byte PrimaryMask = 0xc0;
    private const byte OperandMask = 0x3f;

    private enum Instruction : byte
    {
        Nop = 0x00,
        AdvanceLocation1 = 0x02,
        AdvanceLocation2 = 0x03,
        AdvanceLocation4 = 0x04,
        SameValue = 0x08,
        DefineFrame = 0x0c,
        DefineFrameRegister = 0x0d,
        DefineFrameOffset = 0x0e,
        AdvanceLocation = 0x40,
        Offset = 0x80,
        Restore = 0xc0,
    }

    /// <summary>The canonical frame address as register plus offset, and where registers are saved relative to it; 0 = not saved.</summary>
    private struct Rules
    {
        internal int FrameRegister;
        internal nint FrameOffset;
        internal nint* Saved;
    }

    /// <summary>Replaces the registers of a frame by those that its caller has after the call.</summary>
    internal static void Unwind(FrameDescription* frame, Registers* registers)
    {
        nint* saved = stackalloc nint[RegisterCount];
        for (int i = 0; i < RegisterCount; i++)
            saved[i] = 0;
        Rules rules;
        rules.FrameRegister = DwarfRsp;
        rules.FrameOffset = 8;
        rules.Saved = saved;

        // The rules at the call, one byte before the place where it returns.
        byte* address = (byte*)registers->Rip - 1;
        Execute(frame->CommonInstructions, frame->CommonInstructionsEnd, frame->FunctionStart, address, &rules);
        Execute(frame->Instructions, frame->InstructionsEnd, frame->FunctionStart, address, &rules);

        nuint frameAddress = (rules.FrameRegister == DwarfRsp ? registers->Rsp : registers->Rbp) + (nuint)rules.FrameOffset;
        Restore(ref registers->Rbx, saved[DwarfRbx], frameAddress);
        Restore(ref registers->Rbp, saved[DwarfRbp], frameAddress);
        Restore(ref registers->R12, saved[12], frameAddress);
        Restore(ref registers->R13, saved[13], frameAddress);
        Restore(ref registers->R14, saved[14], frameAddress);
        Restore(ref registers->R15, saved[15], frameAddress);
        Restore(ref registers->Rip, saved[DwarfReturnAddress], frameAddress);
        registers->Rsp = frameAddress;
    }

    private static void Restore(ref nuint register, nint offset, nuint frameAddress)
    {
        if (offset != 0)
            register = *(nuint*)(frameAddress + (nuint)offset);
    }

    private static void Execute(byte* position, byte* end, byte* location, byte* address, Rules* rules)
    {
        while (position < end && location <= address)
        {
            byte opcode = *position++;
            int operand = opcode & OperandMask;
            switch ((Instruction)((opcode & PrimaryMask) != 0 ? opcode & PrimaryMask : opcode))
            {
                case Instruction.Nop:
                    break;
                case Instruction.AdvanceLocation:
                    location += operand;
                    break;
                case Instruction.AdvanceLocation1:
                    location += *position++;
                    break;
                case Instruction.AdvanceLocation2:
                    location += *(ushort*)position;
                    position += 2;
                    break;
                case Instruction.AdvanceLocation4:
                    location += *(uint*)position;
                    position += 4;
                    break;
                case Instruction.Offset:
                    SetSaved(rules, operand, (nint)FrameTable.ReadUnsigned(ref position) * DataAlignment);
                    break;
                case Instruction.Restore:
                    SetSaved(rules, operand, 0);
                    break;
                case Instruction.SameValue:
                    SetSaved(rules, (int)FrameTable.ReadUnsigned(ref position), 0);
                    break;
                case Instruction.DefineFrame:
                    rules->FrameRegister = (int)FrameTable.ReadUnsigned(ref position);
                    rules->FrameOffset = (nint)FrameTable.ReadUnsigned(ref position);
                    break;
                case Instruction.DefineFrameRegister:
                    rules->FrameRegister = (int)FrameTable.ReadUnsigned(ref position);
                    break;
                case Instruction.DefineFrameOffset:
                    rules->FrameOffset = (nint)FrameTable.ReadUnsigned(ref position);
                    break;
                default:
                    Platform.Fail("unknown call frame instruction"u8);
                    break;
            }
        }
    }

    private static void SetSaved(Rules* rules, int register, nint offset)
    {
        if ((uint)register < RegisterCount)
            rules->Saved[register] = offset;
    }
}
