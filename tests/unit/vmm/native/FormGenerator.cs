// Random instructions with a memory or register operand, and registers with which they stay inside the data window.
using System;
using Iced.Intel;

namespace Kilonova.Vmm.Tests;

internal sealed class FormGenerator
{
    /// <summary>Where the flags are in <see cref="Registers"/>; general registers come first.</summary>
    public const int FlagsIndex = 16;

    /// <summary>Where the vector registers are, two words each.</summary>
    public const int XmmIndex = 18;

    /// <summary>All of them.</summary>
    public const int ContextWords = XmmIndex + 32;

    private const int Margin = 1024;

    // One-byte opcodes with a ModRM byte, and string instructions.
    private static readonly byte[] s_opcodes =
    [
        0x00, 0x01, 0x02, 0x03, 0x08, 0x09, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x18, 0x19, 0x1a, 0x1b, 0x20, 0x21, 0x22, 0x23,
        0x28, 0x29, 0x2a, 0x2b, 0x30, 0x31, 0x32, 0x33, 0x38, 0x39, 0x3a, 0x3b, 0x63, 0x69, 0x6b, 0x80, 0x81, 0x83, 0x84, 0x85,
        0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8d, 0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 0xc0, 0xc1, 0xc6,
        0xc7, 0xd0, 0xd1, 0xd2, 0xd3, 0xd7, 0xf6, 0xf7, 0xfe, 0xff,
    ];

    // Two-byte opcodes behind 0x0f.
    private static readonly byte[] s_extended =
    [
        0x10, 0x11, 0x12, 0x13, 0x16, 0x17, 0x18, 0x1f, 0x28, 0x29, 0x2b, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
        0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x6e, 0x6f, 0x7e, 0x7f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98,
        0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa3, 0xa4, 0xa5, 0xab, 0xac, 0xad, 0xaf, 0xb0, 0xb1, 0xb3, 0xb6, 0xb7, 0xb8,
        0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf, 0xc0, 0xc1, 0xc3, 0xc7, 0xd6, 0xe7, 0xf0,
    ];

    // Opcodes behind 0x0f 0x38, and VEX opcodes of maps 2 and 3.
    private static readonly byte[] s_threeByte = [0xf0, 0xf1, 0xf6, 0x2a];
    private static readonly byte[] s_vex = [0xf2, 0xf3, 0xf5, 0xf6, 0xf7];

    // What is there in 16 and 32-bit code only, or uses the stack, which a guest has for itself: INC, DEC, PUSH, POP.
    private static readonly byte[] s_narrow =
    [
        0x40, 0x41, 0x43, 0x46, 0x48, 0x4b, 0x4d, 0x4f, 0x50, 0x53, 0x55, 0x57, 0x58, 0x59, 0x5b, 0x5e, 0x68, 0x6a, 0x8f, 0xa0,
        0xa1, 0xa2, 0xa3, 0xff,
    ];

    private readonly Random _random;
    private readonly int _bitness;
    private readonly ulong _data;
    private readonly int _dataSize;
    private readonly ulong _codeAddress;

    /// <summary>Starts a sequence.</summary>
    /// <param name="seed">Of the random numbers.</param>
    /// <param name="bitness">16, 32, or 64: then nothing faults but divisions and misaligned operands, and the stack is not used.</param>
    /// <param name="dataAddress">Where the window of data begins.</param>
    /// <param name="dataSize">Its length.</param>
    /// <param name="codeAddress">Where the instruction will be.</param>
    public FormGenerator(int seed, int bitness, ulong dataAddress, int dataSize, ulong codeAddress)
    {
        _random = new Random(seed);
        _bitness = bitness;
        _data = dataAddress;
        _dataSize = dataSize;
        _codeAddress = codeAddress;
    }

    public byte[] Bytes { get; private set; } = [];

    public Instruction Instruction { get; private set; }

    public ulong[] Registers { get; } = new ulong[ContextWords];

    /// <summary>Makes the next instruction and its registers.</summary>
    public void Next()
    {
        while (!TryNext())
        {
        }
    }

    public void FillData(Span<byte> data)
    {
        _random.NextBytes(data);
        // Runs of equal bytes make comparisons go on, zero words make divisions and scans interesting.
        for (int i = 0; i < 8; i++)
            data.Slice(_random.Next(data.Length - 256), _random.Next(256)).Fill((byte)(_random.Next(3) * 0x7f));
    }

    private bool TryNext()
    {
        Span<byte> buffer = stackalloc byte[32];
        _random.NextBytes(buffer);
        int at = Prefixes(buffer);
        switch (_random.Next(12))
        {
            case 0:
                buffer[at++] = 0x0f;
                buffer[at++] = 0x38;
                buffer[at++] = Pick(s_threeByte);
                break;
            case 1 when _bitness != 64:
                buffer[at++] = Pick(s_narrow);
                break;
            case 1:
                // VEX with three bytes: map 2 or 3, 128 bits.
                at = 0;
                buffer[at++] = 0xc4;
                buffer[at] = (byte)((buffer[at] & 0xe0) | (_random.Next(4) == 0 ? 3 : 2));
                bool rorx = (buffer[at++] & 0x1f) == 3;
                buffer[at] = (byte)(rorx ? (buffer[at] & 0x80) | 0x7b : buffer[at] & 0xfb);
                at++;
                buffer[at++] = rorx ? (byte)0xf0 : Pick(s_vex);
                break;
            case <= 6:
                buffer[at++] = 0x0f;
                buffer[at++] = Pick(s_extended);
                break;
            default:
                buffer[at++] = Pick(s_opcodes);
                break;
        }

        // ModRM: memory in seven cases of eight.
        if (_random.Next(8) != 0)
            buffer[at] = (byte)((buffer[at] & 0x3f) | (_random.Next(3) << 6));
        return TryAccept(buffer);
    }

    private int Prefixes(Span<byte> buffer)
    {
        int at = 0;
        if (_random.Next(4) == 0)
            buffer[at++] = 0x66;
        if (_random.Next(8) == 0)
            buffer[at++] = 0x67;
        if (_random.Next(6) == 0)
            buffer[at++] = 0xf0;
        if (_random.Next(3) == 0)
            buffer[at++] = _random.Next(2) == 0 ? (byte)0xf2 : (byte)0xf3;
        if (_bitness == 64 && _random.Next(2) == 0)
            buffer[at++] = (byte)(0x40 + _random.Next(16));
        return at;
    }

    private byte Pick(byte[] bytes) => bytes[_random.Next(bytes.Length)];

    private bool TryAccept(Span<byte> buffer)
    {
        var decoder = Decoder.Create(_bitness, new ByteArrayCodeReader(buffer.Slice(0, 15).ToArray()));
        decoder.IP = _codeAddress;
        decoder.Decode(out Instruction instruction);
        if (instruction.IsInvalid || instruction.FlowControl != FlowControl.Next || IsUnwanted(instruction))
            return false;
        Instruction = instruction;
        Bytes = buffer.Slice(0, instruction.Length).ToArray();
        Randomize();
        return TryPlace();
    }

    private bool IsUnwanted(in Instruction instruction) =>
        UsesUnwantedRegister(instruction)
        || (_bitness == 64 && (instruction.Mnemonic is Mnemonic.Push or Mnemonic.Pop))
        || instruction.Mnemonic is Mnemonic.Rdrand or Mnemonic.Rdseed or Mnemonic.Rdpid or Mnemonic.Arpl
            or Mnemonic.Call or Mnemonic.Jmp or Mnemonic.Xsavec or Mnemonic.Xsaves or Mnemonic.Xrstors or Mnemonic.Vmptrld
            or Mnemonic.Vmptrst or Mnemonic.Vmclear or Mnemonic.Vmxon or Mnemonic.Movshdup or Mnemonic.Movsldup or Mnemonic.Movhlps
            or Mnemonic.Movlhps or Mnemonic.Movdiri or Mnemonic.Wrssd or Mnemonic.Wrssq
        || instruction.Code.CpuidFeatures().Length > 1 || !IsThere(instruction.Code.CpuidFeatures()[0]);

    // The stack of the 64-bit runner, other registers than the emulator's, and segment registers, whose contents the instruction would need.
    private bool UsesUnwantedRegister(in Instruction instruction)
    {
        var factory = new InstructionInfoFactory();
        foreach (UsedRegister used in factory.GetInfo(instruction).GetUsedRegisters())
        {
            Register full = used.Register.GetFullRegister();
            bool isStack = full == Register.RSP && _bitness == 64;
            bool isSegment = used.Register.IsSegmentRegister() && used.Access != OpAccess.Read;
            bool isWide = full.IsZMM() && !used.Register.IsXMM();
            if (isStack || isSegment || isWide || full.IsMM() || full.IsST() || full.IsYMM())
                return true;
        }

        return false;
    }

    // In 64-bit code instructions run here, else on an emulated processor that has them all: a seed gives the same there, wherever it runs.
    private bool IsThere(CpuidFeature feature) => feature switch
    {
        CpuidFeature.INTEL8086 or CpuidFeature.INTEL186 or CpuidFeature.INTEL386 or CpuidFeature.INTEL486 or CpuidFeature.X64 => true,
        CpuidFeature.CMOV or CpuidFeature.SSE or CpuidFeature.SSE2 or CpuidFeature.CX8 or CpuidFeature.CMPXCHG16B => true,
        CpuidFeature.MULTIBYTENOP => true,
        CpuidFeature.SSE3 => _bitness != 64 || System.Runtime.Intrinsics.X86.Sse3.IsSupported,
        CpuidFeature.SSE4_1 => _bitness != 64 || System.Runtime.Intrinsics.X86.Sse41.IsSupported,
        CpuidFeature.SSE4_2 => _bitness != 64 || System.Runtime.Intrinsics.X86.Sse42.IsSupported,
        CpuidFeature.POPCNT => _bitness != 64 || System.Runtime.Intrinsics.X86.Popcnt.IsSupported,
        CpuidFeature.LZCNT => _bitness != 64 || System.Runtime.Intrinsics.X86.Lzcnt.IsSupported,
        CpuidFeature.BMI1 => _bitness != 64 || System.Runtime.Intrinsics.X86.Bmi1.IsSupported,
        CpuidFeature.BMI2 => _bitness != 64 || System.Runtime.Intrinsics.X86.Bmi2.IsSupported,
        // MOVBE came to Intel's line before BMI, ADX with the generation after it; AVX-512 implies both.
        CpuidFeature.MOVBE => _bitness != 64 || System.Runtime.Intrinsics.X86.Bmi2.IsSupported,
        CpuidFeature.ADX => _bitness != 64 || System.Runtime.Intrinsics.X86.Avx512F.IsSupported,
        _ => false,
    };

    private void Randomize()
    {
        for (int i = 0; i < Registers.Length; i++)
        {
            ulong value = (ulong)_random.NextInt64(long.MinValue, long.MaxValue);
            Registers[i] = _random.Next(4) switch
            {
                0 => value >> _random.Next(64),
                1 => (ulong)((long)value >> _random.Next(64)),
                _ => value,
            };
        }

        Registers[FlagsIndex] = 0x202 | (Registers[FlagsIndex] & 0xcd5);
        if (_bitness == 64)
            return;

        for (int i = 0; i < FlagsIndex; i++)
            Registers[i] = (uint)Registers[i];
        Registers[4] = _data + (ulong)(_random.Next(Margin, _dataSize - Margin) & ~3);
    }

    // Chooses base, index and counters so that every access stays inside the window.
    private bool TryPlace()
    {
        ulong place = _data + (ulong)_random.Next(Margin, _dataSize - Margin);
        if (_random.Next(2) == 0)
            place &= ~0xful;
        for (int i = 0; i < Instruction.OpCount; i++)
        {
            switch (Instruction.GetOpKind(i))
            {
                case OpKind.Memory when Instruction.Mnemonic == Mnemonic.Lea:
                    break;
                case OpKind.Memory:
                    // Now and then it lies where it lies, and faults.
                    if (_bitness != 64 && _random.Next(16) == 0)
                        break;
                    if (!(_bitness == 64 ? TryPlaceMemory(place) : TryPlaceNarrow(place)))
                        return false;
                    break;
                case OpKind.MemorySegRSI:
                    Registers[6] = place;
                    break;
                case OpKind.MemoryESRDI:
                    Registers[7] = _data + (ulong)_random.Next(Margin, _dataSize - Margin);
                    break;
                case OpKind.MemorySegESI or OpKind.MemorySegSI when _bitness != 64:
                    Registers[6] = place;
                    break;
                case OpKind.MemoryESEDI or OpKind.MemoryESDI when _bitness != 64:
                    Registers[7] = _data + (ulong)_random.Next(Margin, _dataSize - Margin);
                    break;
                case OpKind.MemorySegESI or OpKind.MemoryESEDI:
                    return false;
            }
        }

        if (Instruction.IsStringInstruction)
            Registers[1] = (ulong)_random.Next(Margin / 8);
        return true;
    }

    private bool TryPlaceMemory(ulong place)
    {
        Register @base = Instruction.MemoryBase;
        Register index = Instruction.MemoryIndex;
        // Other segments have bases of their own; 32-bit addresses do not reach the window.
        if (Instruction.MemorySegment is Register.FS or Register.GS || !@base.IsGPR64() || @base == index)
            return false;
        if (Instruction.Mnemonic == Mnemonic.Xlatb)
        {
            Registers[3] = place - (byte)Registers[0];
            return true;
        }

        if (Instruction.Mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc && Instruction.Op1Kind == OpKind.Register)
        {
            int number = Instruction.Op1Register.GetNumber();
            if (number == @base.GetNumber() || (index != Register.None && number == index.GetNumber()))
                return false;
            Registers[number] = (ulong)(long)_random.Next(-8 * (Margin - 64), 8 * (Margin - 64));
        }

        ulong offset = Instruction.MemoryDisplacement64;
        if (index != Register.None)
            offset += Registers[index.GetNumber()] * (ulong)Instruction.MemoryIndexScale;
        Registers[@base.GetNumber()] = place - offset;
        return true;
    }

    // The same in 16 and 32-bit code.
    private bool TryPlaceNarrow(ulong place)
    {
        Register @base = Instruction.MemoryBase;
        Register index = Instruction.MemoryIndex;
        if (Instruction.MemorySegment is Register.FS or Register.GS || @base == Register.None || @base == index)
            return false;
        if (Instruction.Mnemonic == Mnemonic.Xlatb)
        {
            Registers[3] = (uint)(place - (byte)Registers[0]);
            return true;
        }

        if (Instruction.Mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc && Instruction.Op1Kind == OpKind.Register)
        {
            int number = Instruction.Op1Register.GetNumber();
            if (number == @base.GetNumber() || (index != Register.None && number == index.GetNumber()))
                return false;
            Registers[number] = (uint)_random.Next(-8 * (Margin - 64), 8 * (Margin - 64));
        }

        ulong offset = Instruction.MemoryDisplacement64;
        if (index != Register.None)
            offset += Registers[index.GetNumber()] * (ulong)Instruction.MemoryIndexScale;

        // With addresses of 16 bits the upper half of the register does not count.
        ulong value = place - offset;
        ref ulong register = ref Registers[@base.GetNumber()];
        register = @base.IsGPR16() ? (register & ~0xfffful) | (ushort)value : (uint)value;
        return true;
    }
}
