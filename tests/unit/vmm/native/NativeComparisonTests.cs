using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Iced.Intel;
using Kilonova.Abi;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>Random instructions run by the emulator and by this processor end in the same state.</summary>
public sealed class NativeComparisonTests : IDisposable
{
    private readonly NativeRunner _runner = new();
    private readonly byte[] _guestData = new byte[NativeRunner.DataSize];
    private readonly byte[] _guestCode = new byte[64];
    private readonly CpuState _cpu = new();
    private readonly Emulator _emulator;

    public NativeComparisonTests()
    {
        var memory = new GuestMemory();
        Assert.True(memory.Add(_runner.DataAddress, new ArrayBacking(_guestData)));
        Assert.True(memory.Add(_runner.InstructionAddress, new ArrayBacking(_guestCode)));
        _emulator = new Emulator(memory, new MmioBus(new HostLock()), new PortBus(new HostLock()), new PageWalker(memory));
        _cpu.Reset();
        _cpu.Cr0 = Cr0.ProtectionEnable;
        _cpu.Cr4 = Cr4.OsFxsr | Cr4.PhysicalAddressExtension;
        _cpu.Efer = Efer.LongModeEnable | Efer.LongModeActive;
        _cpu.Segments[(int)SegmentRegister.Cs] = new Segment(8, 0, uint.MaxValue,
            SegmentAccessRights.Present | SegmentAccessRights.CodeOrData | SegmentAccessRights.Long | 0xb);
    }

    public void Dispose() => _runner.Dispose();

    [Fact]
    public void Ten_thousand_random_forms_end_in_the_processors_state() => Compare(seed: 20240124, count: 10_000);

    /// <summary>Compares so many forms.</summary>
    internal void Compare(int seed, int count)
    {
        Assert.Equal(Architecture.X64, RuntimeInformation.ProcessArchitecture);
        var generator = new FormGenerator(seed, 64, _runner.DataAddress, NativeRunner.DataSize, _runner.InstructionAddress);
        var mnemonics = new HashSet<Mnemonic>();
        int faults = 0;
        for (int i = 0; i < count; i++)
        {
            generator.Next();
            if ((i & 0xf) == 0)
                generator.FillData(_guestData);
            _guestData.CopyTo(_runner.Data);
            EmulationStatus status = Emulate(generator);
            if (status == EmulationStatus.Fault)
            {
                // A division error, or a misaligned 16-byte operand: the processor would end this process.
                Assert.True(_emulator.FaultVector is Vectors.DivideError or Vectors.GeneralProtection, Describe(generator, seed));
                faults++;
                continue;
            }

            Assert.True(status == EmulationStatus.Done, $"{status}: {Describe(generator, seed)}");
            ulong[] native = (ulong[])generator.Registers.Clone();
            _runner.Run(generator.Bytes, native);
            if (UndefinedFlags.Result(generator.Instruction, generator.Registers))
                continue;
            mnemonics.Add(generator.Instruction.Mnemonic);
            CheckState(generator, native, seed);
        }

        Assert.True(mnemonics.Count > 110, $"Only {mnemonics.Count} mnemonics were met.");
        Assert.True(faults < count / 10, $"{faults} instructions faulted.");
    }

    private EmulationStatus Emulate(FormGenerator generator)
    {
        Array.Clear(_guestCode);
        generator.Bytes.CopyTo(_guestCode, 0);
        for (int i = 0; i < 16; i++)
            _cpu.Gpr[i] = generator.Registers[i];
        for (int i = 0; i < 32; i++)
            _cpu.Xmm[i] = generator.Registers[FormGenerator.XmmIndex + i];
        _cpu.Rflags = generator.Registers[FormGenerator.FlagsIndex];
        _cpu.Rip = _runner.InstructionAddress;
        return _emulator.Execute(_cpu, default);
    }

    private void CheckState(FormGenerator generator, ulong[] native, int seed)
    {
        const ulong Compared = Rflags.Status | Rflags.Direction;
        ulong undefined = UndefinedFlags.Of(generator.Instruction, generator.Registers);
        Assert.True(_cpu.Rip == _runner.InstructionAddress + (ulong)generator.Bytes.Length, Describe(generator, seed));
        for (int i = 0; i < 16; i++)
        {
            if (i != 4 && _cpu.Gpr[i] != native[i])
                Assert.Fail($"Register {i}: {_cpu.Gpr[i]:x}, processor {native[i]:x}. {Describe(generator, seed)}");
        }

        for (int i = 0; i < 32; i++)
        {
            if (_cpu.Xmm[i] != native[FormGenerator.XmmIndex + i])
                Assert.Fail($"XMM half {i}. {Describe(generator, seed)}");
        }

        ulong different = (_cpu.Rflags ^ native[FormGenerator.FlagsIndex]) & Compared & ~undefined;
        if (different != 0)
            Assert.Fail($"Flags differ in {different:x}: {_cpu.Rflags:x}. {Describe(generator, seed)}");
        if (!_guestData.AsSpan().SequenceEqual(_runner.Data))
            Assert.Fail($"Memory at {_guestData.AsSpan().CommonPrefixLength(_runner.Data):x}. {Describe(generator, seed)}");
    }

    private static string Describe(FormGenerator generator, int seed)
    {
        var text = new StringBuilder();
        text.Append($"{generator.Instruction} ({Convert.ToHexString(generator.Bytes)}), seed {seed}, registers");
        for (int i = 0; i <= FormGenerator.FlagsIndex; i++)
            text.Append($" {generator.Registers[i]:x}");
        return text.ToString();
    }
}
