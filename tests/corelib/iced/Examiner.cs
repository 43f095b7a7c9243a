using Iced.Intel;
using Kilonova.CoreLibTests;

namespace Kilonova.IcedComparison;

/// <summary>Decodes one stream, asks everything about the instruction and adds the answers to a running hash.</summary>
internal sealed class Examiner
{
    private const ulong Address = 0x7fff_0123_4560;

    private readonly Hash _hash = new Hash();
    private readonly InstructionInfoFactory _information = new InstructionInfoFactory();
    private readonly FastFormatter _formatter = new FastFormatter();
    private readonly FastStringOutput _text = new FastStringOutput(512);
    private long _allocatedByDecoding;
    private long _decoded;
    private long _valid;

    internal ByteSource Source { get; } = new ByteSource();

    /// <summary>Something that needs no comparison was wrong.</summary>
    internal bool Failed { get; private set; }

    /// <summary>Returns what the stream decodes to.</summary>
    internal Code Examine(Decoder decoder)
    {
        Source.Rewind();
        decoder.IP = Address;
        long before = Platform.AllocatedBytes;
        decoder.Decode(out Instruction instruction);
        _allocatedByDecoding += Platform.AllocatedBytes - before;
        _decoded++;

        for (int i = 0; i < Source.Length; i++)
            _hash.Add(Source[i]);
        _hash.Add((ulong)decoder.LastError);
        AddInstruction(in instruction);
        if (!instruction.IsInvalid)
        {
            _valid++;
            AddConstants(decoder.GetConstantOffsets(in instruction));
            AddInformation(in instruction);
            AddText(in instruction);
        }
        return instruction.Code;
    }

    /// <summary>Prints the hash since the last call.</summary>
    internal void EndBlock(string name)
    {
        Program.Print($"{name}: {_hash.Value:x16}");
        _hash.Reset();
    }

    /// <summary>Prints the totals since the last call; decoding must not have allocated.</summary>
    internal void EndSection(string name)
    {
        Program.Print($"{name}: {_decoded} decoded, {_valid} valid, {_allocatedByDecoding} bytes allocated by decoding");
        Failed |= _allocatedByDecoding != 0;
        _decoded = 0;
        _valid = 0;
        _allocatedByDecoding = 0;
    }

    private void AddInstruction(in Instruction instruction)
    {
        _hash.Add((ulong)instruction.Code);
        _hash.Add((ulong)instruction.Mnemonic);
        _hash.Add((ulong)instruction.Length);
        _hash.Add(instruction.NextIP);
        _hash.Add((ulong)instruction.OpCount);
        for (int i = 0; i < instruction.OpCount; i++)
        {
            OpKind kind = instruction.GetOpKind(i);
            _hash.Add((ulong)kind);
            if (kind == OpKind.Register)
                _hash.Add((ulong)instruction.GetOpRegister(i));
            else if (kind is >= OpKind.Immediate8 and <= OpKind.Immediate32to64)
                _hash.Add(instruction.GetImmediate(i));
        }
        _hash.Add((ulong)instruction.MemoryBase);
        _hash.Add((ulong)instruction.MemoryIndex);
        _hash.Add((ulong)instruction.MemoryIndexScale);
        _hash.Add(instruction.MemoryDisplacement64);
        _hash.Add((ulong)instruction.MemoryDisplSize);
        _hash.Add((ulong)instruction.MemorySize);
        _hash.Add((ulong)instruction.MemorySize.GetSize());
        _hash.Add((ulong)instruction.MemorySegment);
        _hash.Add((ulong)instruction.SegmentPrefix);
        _hash.Add(instruction.HasLockPrefix);
        _hash.Add(instruction.HasRepPrefix);
        _hash.Add(instruction.HasRepnePrefix);
        _hash.Add(instruction.IsBroadcast);
        _hash.Add((ulong)instruction.OpMask);
        _hash.Add(instruction.ZeroingMasking);
        _hash.Add((ulong)instruction.RoundingControl);
        _hash.Add(instruction.NearBranchTarget);
        _hash.Add(instruction.IsIPRelativeMemoryOperand ? instruction.IPRelativeMemoryAddress : 0);
    }

    private void AddConstants(ConstantOffsets offsets)
    {
        _hash.Add(offsets.DisplacementOffset | ((ulong)offsets.DisplacementSize << 8) | ((ulong)offsets.ImmediateOffset << 16)
            | ((ulong)offsets.ImmediateSize << 24) | ((ulong)offsets.ImmediateOffset2 << 32) | ((ulong)offsets.ImmediateSize2 << 40));
    }

    private void AddInformation(in Instruction instruction)
    {
        InstructionInfo information = _information.GetInfo(in instruction);
        foreach (UsedRegister register in information.GetUsedRegisters())
        {
            _hash.Add((ulong)register.Register);
            _hash.Add((ulong)register.Access);
        }
        foreach (UsedMemory memory in information.GetUsedMemory())
        {
            _hash.Add((ulong)memory.Base | ((ulong)memory.Index << 16) | ((ulong)memory.Segment << 32) | ((ulong)memory.Scale << 48));
            _hash.Add(memory.Displacement);
            _hash.Add((ulong)memory.MemorySize | ((ulong)memory.Access << 16) | ((ulong)memory.AddressSize << 32));
        }
        for (int i = 0; i < instruction.OpCount; i++)
            _hash.Add((ulong)information.GetOpAccess(i));
        _hash.Add((ulong)instruction.FlowControl);
        _hash.Add((ulong)instruction.RflagsRead | ((ulong)instruction.RflagsWritten << 16) | ((ulong)instruction.RflagsCleared << 32)
            | ((ulong)instruction.RflagsSet << 48));
        _hash.Add((ulong)instruction.RflagsUndefined);
        _hash.Add((ulong)instruction.Encoding);
        _hash.Add(instruction.IsPrivileged);
        _hash.Add(instruction.IsStackInstruction);
        _hash.Add((ulong)(uint)instruction.StackPointerIncrement);
    }

    private void AddText(in Instruction instruction)
    {
        _text.Clear();
        _formatter.Format(in instruction, _text);
        _hash.Add(_text.AsSpan());
    }
}
