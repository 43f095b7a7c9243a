using System;
using Kilonova.Abi;
using Kilonova.Formats;

namespace Kilonova.Runtime;

/// <summary>
/// Writes the report of a child's crash as text: what happened, where in C#, the registers, who called. Reads the child's stack through the
/// root task's window and trusts nothing of it but what it checks.
/// </summary>
public static class ChildCrash
{
    private const int MaxFrames = 32;
    private const ulong PageSize = MachinePages.Size;

    /// <summary>Writes a report.</summary>
    /// <param name="text">Where to; what does not fit is cut off.</param>
    /// <param name="number">The exception, see <see cref="HostEvent"/>.</param>
    /// <param name="cpu">The CPU.</param>
    /// <param name="state">The thread's state.</param>
    /// <param name="module">The component's image; may be empty.</param>
    /// <param name="symbols">The table of symbols that the build made of it; may be empty.</param>
    /// <param name="stackLow">Lowest address of the stack's memory; 0 when the stack pointer lies in no memory of the component.</param>
    /// <param name="stackHigh">First address behind it.</param>
    /// <param name="stackDelta">What is added to an address of the stack to get the root task's.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(
        Span<byte> text, ulong number, uint cpu, in ArchitecturalState state, ReadOnlySpan<byte> module, ReadOnlySpan<byte> symbols,
        ulong stackLow, ulong stackHigh, ulong stackDelta)
    {
        var length = 0;
        var function = SymbolTable.Find(symbols, state.RIP, out _);
        Append(text, ref length, $"{StatusText.Exception(number)} on CPU {cpu}: {Explain(number, state, stackLow)} in {function}");
        if (number == HostEvent.PF)
        {
            var access = (state.Qualification1 & 0x10) != 0 ? "executing"u8 : (state.Qualification1 & 2) != 0 ? "writing"u8 : "reading"u8;
            var cause = (state.Qualification1 & 1) != 0 ? "not permitted"u8 : "not mapped"u8;
            Append(text, ref length, $"  {access} {state.Qualification2:x16}: {cause}");
        }

        Append(text, ref length, $"  RIP {state.RIP:x16}  RSP {state.RSP:x16}  RFLAGS {state.RFLAGS:x8}  error {state.Qualification1:x}");
        Append(text, ref length, $"  RAX {state.RAX:x16}  RBX {state.RBX:x16}  RCX {state.RCX:x16}  RDX {state.RDX:x16}");
        Append(text, ref length, $"  RSI {state.RSI:x16}  RDI {state.RDI:x16}  RBP {state.RBP:x16}  R8  {state.R8:x16}");
        Append(text, ref length, $"  R9  {state.R9:x16}  R10 {state.R10:x16}  R11 {state.R11:x16}  R12 {state.R12:x16}");
        Append(text, ref length, $"  R13 {state.R13:x16}  R14 {state.R14:x16}  R15 {state.R15:x16}");
        WriteStack(text, ref length, state, module, symbols, stackLow, stackHigh, stackDelta);
        return length;
    }

    private static unsafe void WriteStack(
        Span<byte> text, ref int length, in ArchitecturalState state, ReadOnlySpan<byte> module, ReadOnlySpan<byte> symbols, ulong stackLow,
        ulong stackHigh, ulong stackDelta)
    {
        UnwindRegisters registers;
        registers.Rip = state.RIP;
        registers.Rsp = state.RSP;
        registers.Rbp = state.RBP;
        registers.Rbx = state.RBX;
        registers.R12 = state.R12;
        registers.R13 = state.R13;
        registers.R14 = state.R14;
        registers.R15 = state.R15;
        var hasStack = stackLow != 0 && registers.Rsp >= stackLow && registers.Rsp <= stackHigh - sizeof(ulong) && (registers.Rsp & 7) == 0;
        var isReturnAddress = false;
        if (registers.Rip < PageSize && hasStack)
        {
            // A call through a null pointer: the caller's address is all that was pushed.
            Append(text, ref length, $"    at {registers.Rip:x16}");
            registers.Rip = *(ulong*)(registers.Rsp + stackDelta);
            registers.Rsp += sizeof(ulong);
            isReturnAddress = true;
        }

        var table = ChildImage.TryRead(module, out var image) ? image.UnwindTable(stackDelta) : default;
        for (var i = 0; i < MaxFrames; i++)
        {
            AppendFrame(text, ref length, symbols, registers.Rip, isReturnAddress);
            if (stackLow == 0 || !table.TryUnwind(ref registers, isReturnAddress, stackLow, stackHigh))
                return;

            isReturnAddress = true;
        }
    }

    private static ReadOnlySpan<byte> Explain(ulong number, in ArchitecturalState state, ulong stackLow)
    {
        if (number != HostEvent.PF)
            return "stopped"u8;

        if (state.Qualification2 < PageSize)
            return "null reference"u8;

        // Stacks lie in regions of their own: what is not mapped below one's memory is its guard page.
        var region = state.RSP & ~(StackLayout.Size - 1);
        var isBelowStack = state.Qualification2 >= region + StackLayout.Utcb + PageSize
            && state.Qualification2 < region + StackLayout.Size && (stackLow == 0 || state.Qualification2 < stackLow);
        return isBelowStack ? "stack overflow"u8 : "bad address"u8;
    }

    private static void AppendFrame(Span<byte> text, ref int length, ReadOnlySpan<byte> symbols, ulong rip, bool isReturnAddress)
    {
        var function = SymbolTable.Find(symbols, isReturnAddress ? rip - 1 : rip, out var offset);
        if (function.IsEmpty)
            Append(text, ref length, $"    at {rip:x16}");
        else
            Append(text, ref length, $"    at {rip:x16} {function}+0x{offset + (isReturnAddress ? 1ul : 0ul):x}");
    }

    private static void Append(Span<byte> text, ref int length, scoped in Line line)
    {
        length += Utf8Format.Text(text.Slice(length), System.Runtime.CompilerServices.Unsafe.AsRef(in line).Text);
        length += Utf8Format.Text(text.Slice(length), "\n"u8);
    }
}
