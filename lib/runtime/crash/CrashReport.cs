using System;
using Kilonova.Abi;
using Kilonova.Formats;

namespace Kilonova.Runtime;

/// <summary>
/// What is said of a thread that raised an exception it cannot survive: what happened, where in C#, the registers, and who called. Runs on
/// another thread's stack and trusts nothing of the dead one's but what it checks.
/// </summary>
public static unsafe class CrashReport
{
    private const int MaxFrames = 32;
    private const ulong PageSize = 4096;

    /// <summary>Writes the report to the log.</summary>
    /// <param name="number">The exception, see <see cref="HostEvent"/>.</param>
    /// <param name="state">The thread's state, with GPR0_7, GPR8_15, RFLAGS, RIP and QUAL.</param>
    public static void Write(ulong number, ArchitecturalState* state)
    {
        Log.BeginReport();
        var block = Threads.Find(state->RSP);
        WriteHeadline(number, state, block);
        Log.Write($"  RIP {state->RIP:x16}  RSP {state->RSP:x16}  RFLAGS {state->RFLAGS:x8}  error {state->Qualification1:x}");
        Log.Write($"  RAX {state->RAX:x16}  RBX {state->RBX:x16}  RCX {state->RCX:x16}  RDX {state->RDX:x16}");
        Log.Write($"  RSI {state->RSI:x16}  RDI {state->RDI:x16}  RBP {state->RBP:x16}  R8  {state->R8:x16}");
        Log.Write($"  R9  {state->R9:x16}  R10 {state->R10:x16}  R11 {state->R11:x16}  R12 {state->R12:x16}");
        Log.Write($"  R13 {state->R13:x16}  R14 {state->R14:x16}  R15 {state->R15:x16}");

        UnwindRegisters registers;
        registers.Rip = state->RIP;
        registers.Rsp = state->RSP;
        registers.Rbp = state->RBP;
        registers.Rbx = state->RBX;
        registers.R12 = state->R12;
        registers.R13 = state->R13;
        registers.R14 = state->R14;
        registers.R15 = state->R15;
        WriteStack(ref registers, block, false);
    }

    /// <summary>Writes the chain of callers to the log, one function a line.</summary>
    /// <param name="registers">Where to start; used up.</param>
    /// <param name="block">The thread whose stack it is; null when unknown, then only the first function is written.</param>
    /// <param name="isReturnAddress">Whether RIP is behind a call.</param>
    public static void WriteStack(ref UnwindRegisters registers, ThreadBlock* block, bool isReturnAddress)
    {
        if (registers.Rip < PageSize && block != null && registers.Rsp >= block->StackLow)
        {
            // A call through a null pointer: the caller's address is all that was pushed.
            Log.Write($"    at {registers.Rip:x16}");
            registers.Rip = *(ulong*)registers.Rsp;
            registers.Rsp += sizeof(ulong);
            isReturnAddress = true;
        }

        var table = Image.UnwindTable;
        for (var i = 0; i < MaxFrames; i++)
        {
            WriteFrame(registers.Rip, isReturnAddress);
            if (block == null)
                return;

            var high = ((ulong)block & ~(StackLayout.Size - 1)) + StackLayout.Size;
            if (!table.TryUnwind(ref registers, isReturnAddress, block->StackLow, high))
                return;

            isReturnAddress = true;
        }
    }

    private static void WriteHeadline(ulong number, ArchitecturalState* state, ThreadBlock* block)
    {
        var function = SymbolTable.Find(Image.Symbols, state->RIP, out _);
        var name = block == null ? "unknown thread"u8 : new ReadOnlySpan<byte>(block->Name, block->NameLength);
        var cpu = block == null ? 0 : block->Cpu;
        Log.Write(LogLevel.Error, $"crash: {StatusText.Exception(number)} in {name} on CPU {cpu}: {Explain(number, state, block)} in {function}");
        if (number == HostEvent.PF)
        {
            var access = (state->Qualification1 & 0x10) != 0 ? "executing"u8 : (state->Qualification1 & 2) != 0 ? "writing"u8 : "reading"u8;
            var cause = (state->Qualification1 & 1) != 0 ? "not permitted"u8 : "not mapped"u8;
            Log.Write($"  {access} {state->Qualification2:x16}: {cause}");
        }
    }

    private static ReadOnlySpan<byte> Explain(ulong number, ArchitecturalState* state, ThreadBlock* block)
    {
        if (number != HostEvent.PF)
            return "stopped"u8;

        if (state->Qualification2 < PageSize)
            return "null reference"u8;

        var isBelowStack = block != null && state->Qualification2 < block->StackLow && state->Qualification2 >= (ulong)block + PageSize;
        return isBelowStack ? "stack overflow"u8 : "bad address"u8;
    }

    private static void WriteFrame(ulong rip, bool isReturnAddress)
    {
        var function = SymbolTable.Find(Image.Symbols, isReturnAddress ? rip - 1 : rip, out var offset);
        if (function.IsEmpty)
            Log.Write($"    at {rip:x16}");
        else
            Log.Write($"    at {rip:x16} {function}+0x{offset + (isReturnAddress ? 1ul : 0ul):x}");
    }
}
