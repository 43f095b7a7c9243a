using Kilonova.Formats;

namespace Kilonova.Kernel;

/// <summary>
/// Names the functions on a kernel stack. Frames that are linked by RBP are certain; what else looks like a return address is shown with
/// a question mark, since functions without a frame pointer leave nothing better, nor do forgotten slots.
/// </summary>
public static unsafe class StackTrace
{
    private const int MaxLines = 32;
    private const ulong PageSize = 4096;

    /// <summary>Prints the stack of the caller.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void PrintOwn()
    {
        ulong* frame = ReadFramePointer();
        Print(0, (ulong)frame, (ulong)frame);
    }

    /// <summary>Prints a stack from the inside out.</summary>
    /// <param name="rip">The innermost instruction; 0 if it is of no interest.</param>
    /// <param name="rsp">The stack pointer.</param>
    /// <param name="rbp">The frame pointer, or whatever the register holds.</param>
    public static void Print(ulong rip, ulong rsp, ulong rbp)
    {
        if (rip != 0)
            Line(rip, rip, certain: true);

        ulong end = EndOfStack(rsp);
        ulong link = rbp;
        int lines = 0;
        for (ulong slot = (rsp + 7) & ~7ul; slot + 8 <= end && lines < MaxLines; slot += 8)
        {
            ulong value = *(ulong*)slot;
            bool certain = slot == link + 8;
            if (certain)
            {
                ulong next = *(ulong*)link;
                link = next > link ? next : 0;
            }

            if (IsReturnAddress(value))
            {
                // The call, not what follows it: a call at a function's very end would name the next one.
                Line(value, value - 1, certain);
                lines++;
            }
        }
    }

    private static void Line(ulong address, ulong lookup, bool certain)
    {
        ImageLayout* image = ImageLayout.Get();
        ReadOnlySpan<byte> table = MemoryMarshal.CreateReadOnlySpan(
            ref *(byte*)image->SymbolsStart, (int)(image->SymbolsEnd - image->SymbolsStart));
        ReadOnlySpan<byte> name = SymbolTable.Find(table, lookup, out ulong offset);
        Log.Begin(LogLevel.Error);
        Log.Write(certain ? "  at @"u8 : "   ? @"u8, address);
        if (!name.IsEmpty)
        {
            Log.Write(" "u8);
            Log.Write(name);
            Log.Write(" + $"u8, offset + (address - lookup));
        }

        Log.End();
    }

    /// <summary>End of the stack that an address lies in; the address itself if it is on none.</summary>
    private static ulong EndOfStack(ulong rsp)
    {
        if (rsp < Cpu.AreaBase || rsp >= Cpu.AreaBase + (Cpu.Max * Cpu.AreaStride))
            return rsp;

        ulong area = rsp & ~(Cpu.AreaSize - 1);
        ulong page = (rsp - area) / PageSize;
        ulong end = page is >= 3 and < 8 ? area + Descriptors.AreaStackEnd : area + ((page | 1) + 1) * PageSize;
        return page is 9 or 11 or 13 or 15 or (>= 3 and < 8) ? end : rsp;
    }

    /// <summary>Whether an address follows a call instruction (E8, or FF /2 in its forms) in the kernel's text.</summary>
    private static bool IsReturnAddress(ulong address)
    {
        ImageLayout* image = ImageLayout.Get();
        if (address < image->Text + 8 || address >= image->Rodata)
            return false;

        byte* code = (byte*)address;
        return code[-5] == 0xe8
            || IsIndirectCall(code - 2) || IsIndirectCall(code - 3) || IsIndirectCall(code - 6) || IsIndirectCall(code - 7);
    }

    private static bool IsIndirectCall(byte* code) => code[0] == 0xff && (code[1] & 0x38) == 0x10;

    [RuntimeImport("*", "frame_pointer_read"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern ulong* ReadFramePointer();
}
