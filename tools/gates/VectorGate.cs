using System;
using System.Collections.Generic;
using System.Linq;
using Iced.Intel;

namespace Kilonova.Gates;

/// <summary>
/// No instruction may touch SSE, AVX, MMX or x87 state where that state may belong to somebody else: in the whole kernel outside stubs
/// named fpu_*, and in the hot paths of components, whose execution contexts have no FPU.
/// </summary>
public static class VectorGate
{
    private static readonly CpuidFeature[] s_stateFeatures =
    [
        CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU287XL_ONLY, CpuidFeature.FPU387, CpuidFeature.MMX, CpuidFeature.D3NOW,
        CpuidFeature.FXSR, CpuidFeature.XSAVE, CpuidFeature.XSAVEC, CpuidFeature.XSAVEOPT, CpuidFeature.XSAVES,
    ];

    /// <summary>Checks every function of a kernel.</summary>
    public static IEnumerable<Violation> CheckKernel(ImageCode code) => CheckKernel(code.Functions);

    /// <summary>Checks functions of a kernel.</summary>
    public static IEnumerable<Violation> CheckKernel(IEnumerable<Function> functions) =>
        functions
            .Where(function => !IsStub(function))
            .SelectMany(function => Check(function, "outside a stub named fpu_*"));

    /// <summary>Checks the functions of a component that are on its list of hot paths.</summary>
    public static IEnumerable<Violation> CheckHotPaths(ImageCode code, IReadOnlyList<SymbolPattern> hotPaths) =>
        code.Functions
            .Where(function => hotPaths.Any(pattern => pattern.Matches(function)))
            .SelectMany(function => Check(function, "on a hot path"));

    /// <summary>Whether an instruction reads or writes vector or x87 state.</summary>
    public static bool TouchesVectorState(in Instruction instruction)
    {
        if (instruction.Mnemonic is Mnemonic.Xgetbv or Mnemonic.Xsetbv)
        {
            return false;
        }
        if (instruction.Mnemonic is Mnemonic.Ldmxcsr or Mnemonic.Stmxcsr or Mnemonic.Vldmxcsr or Mnemonic.Vstmxcsr
            or Mnemonic.Vzeroall or Mnemonic.Vzeroupper)
        {
            return true;
        }
        if (instruction.CpuidFeatures.ToArray().Intersect(s_stateFeatures).Any())
        {
            return true;
        }
        for (var i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Register && IsVectorRegister(instruction.GetOpRegister(i)))
            {
                return true;
            }
        }
        return false;
    }

    private static IEnumerable<Violation> Check(Function function, string where) =>
        function.Instructions()
            .Where(instruction => !instruction.IsInvalid && TouchesVectorState(instruction))
            .Select(instruction => new Violation("vector", $"{function.Name} at 0x{instruction.IP:x}: {instruction} {where}"));

    // Assembly's symbols are its names; what was C# has ilc's symbol and a name of its own beside any that it is exported by.
    private static bool IsStub(Function function) =>
        function.Name.StartsWith("fpu_", StringComparison.Ordinal)
        && function.Symbols.All(symbol => symbol.StartsWith("fpu_", StringComparison.Ordinal));

    private static bool IsVectorRegister(Register register) =>
        register.IsXMM() || register.IsYMM() || register.IsZMM() || register.IsMM() || register.IsST() || register.IsK() || register.IsTMM();
}
