// Executes one instruction on the processor that runs the tests, with registers from and back to an array.
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Kilonova.Vmm.Tests;

/// <summary>
/// A page of code around one instruction and a window of data, both at fixed addresses of this process so that instructions can be
/// given absolute addresses. The stack pointer is the runner's own: instructions that use it cannot be run.
/// </summary>
internal sealed unsafe class NativeRunner : IDisposable
{
    public const int DataSize = 0x4000;

    private const int CodeSize = 0x1000;
    private const int ReadWriteExecute = 7;
    private const int PrivateAnonymous = 0x22;
    private const int InstructionOffset = 0x800;

    private readonly byte* _code;
    private readonly byte* _data;

    public NativeRunner()
    {
        _code = (byte*)Map(CodeSize, ReadWriteExecute);
        _data = (byte*)Map(DataSize, 3);
    }

    public ulong DataAddress => (ulong)_data;

    public ulong InstructionAddress => (ulong)_code + InstructionOffset;

    public Span<byte> Data => new(_data, DataSize);

    public void Run(ReadOnlySpan<byte> instruction, Span<ulong> context)
    {
        var code = new List<byte>();
        // push rbx, rbp, r12 to r15, rdi
        code.AddRange([0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57, 0x57]);
        for (int i = 0; i < 16; i++)
            MoveXmm(code, 0x6f, i);
        // push [rdi + flags]; popfq
        code.AddRange([0xff, 0xb7]);
        code.AddRange(BitConverter.GetBytes(FormGenerator.FlagsIndex * 8));
        code.Add(0x9d);
        for (int i = 0; i < 16; i++)
        {
            if (i is not (4 or 7))
                MoveRegister(code, 0x8b, i);
        }

        MoveRegister(code, 0x8b, 7);
        // jmp to the instruction
        code.Add(0xe9);
        code.AddRange(BitConverter.GetBytes(InstructionOffset - (code.Count + 4)));
        code.CopyTo(new Span<byte>(_code, CodeSize));

        var tail = new List<byte>(instruction.ToArray());
        // push rdi; pushfq; cld; mov rdi, [rsp + 16]
        tail.AddRange([0x57, 0x9c, 0xfc, 0x48, 0x8b, 0x7c, 0x24, 0x10]);
        for (int i = 0; i < 16; i++)
        {
            if (i is not (4 or 7))
                MoveRegister(tail, 0x89, i);
        }

        // pop [rdi + flags]; pop [rdi + rdi's place]
        tail.AddRange([0x8f, 0x87]);
        tail.AddRange(BitConverter.GetBytes(FormGenerator.FlagsIndex * 8));
        tail.AddRange([0x8f, 0x87]);
        tail.AddRange(BitConverter.GetBytes(7 * 8));
        for (int i = 0; i < 16; i++)
            MoveXmm(tail, 0x7f, i);
        // pop rdi, r15 to r12, rbp, rbx; ret
        tail.AddRange([0x5f, 0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3]);
        CollectionsMarshal.AsSpan(tail).CopyTo(new Span<byte>(_code + InstructionOffset, CodeSize - InstructionOffset));

        fixed (ulong* words = context)
            ((delegate* unmanaged<ulong*, void>)_code)(words);
    }

    public void Dispose()
    {
        _ = munmap((nint)_code, CodeSize);
        _ = munmap((nint)_data, DataSize);
    }

    // mov r, [rdi + 8 * r] or the other way round.
    private static void MoveRegister(List<byte> code, byte opcode, int register)
    {
        code.Add((byte)(register < 8 ? 0x48 : 0x4c));
        code.Add(opcode);
        code.Add((byte)(0x87 | ((register & 7) << 3)));
        code.AddRange(BitConverter.GetBytes(register * 8));
    }

    // movdqu xmm, [rdi + ...] or the other way round.
    private static void MoveXmm(List<byte> code, byte opcode, int register)
    {
        code.Add(0xf3);
        if (register >= 8)
            code.Add(0x44);
        code.AddRange([0x0f, opcode, (byte)(0x87 | ((register & 7) << 3))]);
        code.AddRange(BitConverter.GetBytes((FormGenerator.XmmIndex + (2 * register)) * 8));
    }

    private static nint Map(int size, int protection)
    {
        nint address = mmap(0, (nuint)size, protection, PrivateAnonymous, -1, 0);
        if (address == -1)
            throw new InvalidOperationException("The system gives no executable memory.");
        return address;
    }

    [DllImport("libc")]
    private static extern nint mmap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [DllImport("libc")]
    private static extern int munmap(nint address, nuint length);
}
