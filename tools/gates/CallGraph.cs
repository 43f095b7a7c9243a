using System.Collections.Generic;
using System.Linq;
using Iced.Intel;

namespace Kilonova.Gates;

/// <summary>A direct call or tail jump: Depth is the bytes of stack that the caller has taken at that point, 0 where it has left its frame.</summary>
public sealed record CallEdge(Function Callee, int Depth, bool IsTailJump);

/// <summary>What a function does to the stack, and whom it calls.</summary>
public sealed record StackUse(Function Function, int Frame, bool IsDynamic, int IndirectCalls, IReadOnlyList<CallEdge> Calls);

/// <summary>
/// Stack use by disassembly. The stack pointer is followed from instruction to instruction in file order; code behind a return or jump
/// continues with the largest depth seen so far, since compilers put the prologue first and epilogues before each return.
/// </summary>
public static class CallGraph
{
    /// <summary>Analyses every 64-bit function.</summary>
    public static IReadOnlyDictionary<Function, StackUse> Build(ImageCode code) =>
        code.Functions.Where(function => function.Bitness == 64).ToDictionary(function => function, function => Analyse(code, function));

    private static StackUse Analyse(ImageCode code, Function function)
    {
        int depth = 0, frame = 0, indirect = 0;
        var isDynamic = false;
        var calls = new List<CallEdge>();
        foreach (var instruction in function.Instructions())
        {
            switch (instruction.FlowControl)
            {
                case FlowControl.Call when code.At(instruction.NearBranchTarget) is { } callee:
                    calls.Add(new CallEdge(callee, depth, IsTailJump: false));
                    break;

                case FlowControl.IndirectCall:
                    indirect++;
                    break;

                case FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch
                    when code.At(instruction.NearBranchTarget) is { } target && target != function:
                    calls.Add(new CallEdge(target, depth, IsTailJump: true));
                    break;
            }

            depth += Change(instruction, ref isDynamic);
            frame = depth > frame ? depth : frame;
            if (instruction.FlowControl is FlowControl.Return or FlowControl.UnconditionalBranch or FlowControl.IndirectBranch)
            {
                depth = frame;
            }
        }
        return new StackUse(function, frame, isDynamic, indirect, calls);
    }

    // Bytes by which the stack grows. Interrupt returns and far transfers leave the function, and do not count.
    private static int Change(in Instruction instruction, ref bool isDynamic)
    {
        if (instruction.FlowControl is FlowControl.Return or FlowControl.Call or FlowControl.IndirectCall)
        {
            return 0;
        }
        if (instruction.Op0Kind == OpKind.Register && instruction.Op0Register == Register.RSP)
        {
            switch (instruction.Mnemonic)
            {
                case Mnemonic.Sub when IsImmediate(instruction): return (int)instruction.GetImmediate(1);
                case Mnemonic.Add when IsImmediate(instruction): return -(int)instruction.GetImmediate(1);
                case Mnemonic.Lea when instruction.MemoryBase == Register.RSP && instruction.MemoryIndex == Register.None:
                    return -(int)instruction.MemoryDisplacement64;
                case Mnemonic.Sub: isDynamic = true; return 0;
            }
        }
        return instruction.IsStackInstruction ? -instruction.StackPointerIncrement : 0;
    }

    private static bool IsImmediate(in Instruction instruction) => instruction.Op1Kind is not (OpKind.Register or OpKind.Memory);
}
