using System;
using System.Buffers.Binary;
using System.IO;
using Iced.Intel;
using Kilonova.Abi;
using Kilonova.Vmm;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Processor;
using Kilonova.Vmm.Tests;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>
/// Random instructions in 16 and 32-bit code, each with the state before it and the one in which the emulator leaves it: what a guest, which
/// executes them itself, is to find. guests/forms.S has the same layout.
/// </summary>
internal sealed class FormRecords
{
    private const int RecordSize = 384;
    private const int DataSize = 0x1000;
    private const int EqualFirst = 1024;
    private const int EqualLength = 1024;
    private const ulong CodeAddress = 0x1_0000;
    private const ulong DataAddress = 0x2_0000;
    private const byte Breakpoint = 0xcc;
    private const uint NarrowCode = 0x1b;
    private const uint WideCode = 0x2b;
    private const ulong InterruptEnable = 0x200;
    private const int UserData = 0x23;
    private const uint Ring3 = 3u << SegmentAccessRights.DplShift;
    private const uint Present = SegmentAccessRights.Present | SegmentAccessRights.CodeOrData | Ring3;
    private const uint ReadableCode = 0xb;
    private const uint WritableData = 0x3;

    private readonly byte[] _code = new byte[DataSize];
    private readonly byte[] _data = new byte[DataSize];
    private readonly CpuState _cpu = new();
    private readonly Emulator _emulator;
    private readonly Random _seeds;

    internal FormRecords(int seed)
    {
        _seeds = new Random(seed);
        var memory = new GuestMemory();
        Assert.True(memory.Add(CodeAddress, new Page(_code)) && memory.Add(DataAddress, new Page(_data)));
        _emulator = new Emulator(memory, new MmioBus(new NoLock()), new PortBus(new NoLock()), new PageWalker(memory));
    }

    /// <summary>How many of the instructions fault.</summary>
    internal int Faults { get; private set; }

    /// <summary>What each record is about, for whoever reads of a difference.</summary>
    internal System.Collections.Generic.List<string> Texts { get; } = [];

    /// <summary>Writes so many records to a file.</summary>
    internal void Write(string path, int count)
    {
        using FileStream file = File.Create(path);
        FormGenerator[] generators =
            [new(_seeds.Next(), 16, 0, DataSize, 0), new(_seeds.Next(), 32, 0, DataSize, 0)];
        byte[] record = new byte[RecordSize];
        while (Texts.Count < count)
        {
            int which = Texts.Count & 1;
            generators[which].Next();
            if (TryMake(generators[which], wide: which == 1, record))
                file.Write(record);
        }
    }

    private bool TryMake(FormGenerator generator, bool wide, byte[] record)
    {
        uint seed = (uint)_seeds.Next(1, int.MaxValue);
        Array.Clear(record);
        Array.Fill(record, Breakpoint, 0, 16);
        generator.Bytes.CopyTo(record, 0);
        record.AsSpan(0, 16).CopyTo(_code);
        Fill(seed);
        Load(generator, wide);
        ulong flags = _cpu.Rflags;

        Store(record, 16, wide ? WideCode : NarrowCode);
        Store(record, 20, seed);
        StoreRegisters(record, 24);
        Store(record, 56, (uint)flags);
        StoreVectors(record, 128);
        EmulationStatus status = _emulator.Execute(_cpu, default);
        string text = $"{generator.Instruction} ({Convert.ToHexString(generator.Bytes)}, {(wide ? 32 : 16)} bits): {status}";
        Assert.True(status is EmulationStatus.Done or EmulationStatus.Fault, text);
        // Nobody says which comes first, that an operand is misaligned or that it is outside of its segment.
        bool isAligned = generator.Instruction.Mnemonic is Mnemonic.Movaps or Mnemonic.Movapd or Mnemonic.Movdqa or Mnemonic.Movntps
            or Mnemonic.Movntpd or Mnemonic.Movntdq or Mnemonic.Movntdqa;
        if (UndefinedFlags.Result(generator.Instruction, generator.Registers) || (isAligned && status == EmulationStatus.Fault))
            return false;

        // Bochs 2.7 does not set OF to the carry here, as the manual has it (SDM volume 2, ADOX); the comparison on the host has this one.
        if (generator.Instruction.Mnemonic == Mnemonic.Adox)
            return false;

        // What went well ends with a breakpoint.
        bool faults = status == EmulationStatus.Fault;
        Faults += faults ? 1 : 0;
        Store(record, 60, faults ? _emulator.FaultVector : Vectors.Breakpoint);
        Store(record, 64, faults && _emulator.FaultHasErrorCode ? _emulator.FaultErrorCode : 0);
        Store(record, 68, faults ? 0 : (uint)_cpu.Rip + 1);
        StoreRegisters(record, 72);
        Store(record, 104, (uint)_cpu.Rflags);
        Store(record, 108, (uint)((Rflags.Status | Rflags.Direction) & ~(faults ? 0 : UndefinedFlags.Of(generator.Instruction, generator.Registers))));
        Store(record, 112, Sum());
        StoreVectors(record, 256);
        Texts.Add($"{text} {(faults ? _emulator.FaultVector : 0)}, registers {Convert.ToHexString(record, 24, 36)}");
        return true;
    }

    private void Load(FormGenerator generator, bool wide)
    {
        _cpu.Reset();
        _cpu.Cr0 = Cr0.ProtectionEnable;
        _cpu.Cr4 = Cr4.OsFxsr;
        Segment data = new(UserData, DataAddress, DataSize - 1, Present | WritableData | SegmentAccessRights.Big);
        _cpu.Segments[(int)SegmentRegister.Ds] = _cpu.Segments[(int)SegmentRegister.Es] = _cpu.Segments[(int)SegmentRegister.Ss] = data;
        _cpu.Segments[(int)SegmentRegister.Cs] = new Segment(
            (ushort)(wide ? WideCode : NarrowCode), CodeAddress, DataSize - 1, Present | ReadableCode | (wide ? SegmentAccessRights.Big : 0));
        for (int i = 0; i < 8; i++)
            _cpu.Gpr[i] = generator.Registers[i];
        for (int i = 0; i < 16; i++)
            _cpu.Xmm[i] = generator.Registers[FormGenerator.XmmIndex + i];
        _cpu.Rflags = generator.Registers[FormGenerator.FlagsIndex] & ~InterruptEnable;
        _cpu.Rip = 0;
    }

    // As the guest fills its page.
    private void Fill(uint seed)
    {
        uint value = seed;
        for (int i = 0; i < DataSize; i += sizeof(uint))
        {
            value ^= value << 13;
            value ^= value >> 17;
            value ^= value << 5;
            BinaryPrimitives.WriteUInt32LittleEndian(_data.AsSpan(i), value);
        }

        _data.AsSpan(EqualFirst, EqualLength).Fill((byte)seed);
    }

    private uint Sum()
    {
        uint sum = 0;
        for (int i = 0; i < DataSize; i += sizeof(uint))
            sum = uint.RotateLeft(sum, 5) ^ BinaryPrimitives.ReadUInt32LittleEndian(_data.AsSpan(i));

        return sum;
    }

    private void StoreRegisters(byte[] record, int at)
    {
        for (int i = 0; i < 8; i++)
            Store(record, at + (4 * i), (uint)_cpu.Gpr[i]);
    }

    private void StoreVectors(byte[] record, int at)
    {
        for (int i = 0; i < 16; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(at + (8 * i)), _cpu.Xmm[i]);
    }

    private static void Store(byte[] record, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(at), value);

    private sealed class Page(byte[] bytes) : IMemoryBacking
    {
        public ulong Length => (ulong)bytes.Length;

        public Span<byte> Slice(ulong offset, int length) => bytes.AsSpan((int)offset, length);
    }

    private sealed class NoLock : ILock
    {
        public void Enter()
        {
        }

        public void Leave()
        {
        }
    }
}
