using System;
using System.Collections.Generic;
using System.Linq;

namespace Kilonova.Gates;

/// <summary>
/// The kernel runs on small fixed stacks without a guard to catch it late: each frame, the deepest chain of direct calls, and the absence
/// of recursion are checked here. Calls through pointers are counted and reported, not followed.
/// </summary>
public sealed class StackGate
{
    private const int ReturnAddress = 8;

    private readonly GateSettings _settings;
    private readonly IReadOnlyDictionary<Function, StackUse> _graph;
    private readonly IReadOnlyList<SymbolPattern> _mayRecurse;
    private readonly Dictionary<Function, Chain> _chains = [];
    private readonly List<Function> _path = [];
    private readonly List<Violation> _violations = [];

    private StackGate(ImageCode code, GateSettings settings)
    {
        _settings = settings;
        _graph = CallGraph.Build(code);
        _mayRecurse = settings.KernelRecursion.Select(text => new SymbolPattern(text)).ToList();
    }

    /// <summary>The outcome: violations, and the deepest chain with its bytes, for the report.</summary>
    public sealed record Result(IReadOnlyList<Violation> Violations, int Deepest, IReadOnlyList<Function> DeepestChain, int LargestFrame, int IndirectCalls);

    private sealed record Chain(int Depth, Function Function, Chain? Next);

    /// <summary>Checks a kernel.</summary>
    public static Result Check(ImageCode code, GateSettings settings) => new StackGate(code, settings).Run();

    private Result Run()
    {
        foreach (var use in _graph.Values)
        {
            if (use.Frame > _settings.KernelFrameLimit)
            {
                Report($"{use.Function.Name} at 0x{use.Function.Address:x} takes {use.Frame} bytes of stack, limit {_settings.KernelFrameLimit}");
            }
            if (use.IsDynamic)
            {
                Report($"{use.Function.Name} at 0x{use.Function.Address:x} takes stack by an amount known only at run time");
            }
        }

        var deepest = _graph.Keys.Select(DeepestFrom).MaxBy(chain => chain.Depth);
        var names = new List<Function>();
        for (var link = deepest; link is not null; link = link.Next)
        {
            names.Add(link.Function);
        }
        if (deepest?.Depth > _settings.KernelStackLimit)
        {
            Report($"{deepest.Depth} bytes of stack, limit {_settings.KernelStackLimit}: {string.Join(" -> ", names.Select(function => function.Name))}");
        }
        return new Result(
            _violations, deepest?.Depth ?? 0, names, _graph.Values.Select(use => use.Frame).DefaultIfEmpty().Max(),
            _graph.Values.Sum(use => use.IndirectCalls));
    }

    private Chain DeepestFrom(Function function)
    {
        if (_chains.TryGetValue(function, out var known))
        {
            return known;
        }
        if (!_graph.TryGetValue(function, out var use))
        {
            return new Chain(0, function, null);
        }
        _path.Add(function);
        var deepest = new Chain(use.Frame, function, null);
        foreach (var call in use.Calls)
        {
            if (_path.Contains(call.Callee))
            {
                CheckCycle(call);
                continue;
            }
            var callee = DeepestFrom(call.Callee);
            var depth = call.Depth + (call.IsTailJump ? 0 : ReturnAddress) + callee.Depth;
            if (depth > deepest.Depth)
            {
                deepest = new Chain(depth, function, callee);
            }
        }
        _path.RemoveAt(_path.Count - 1);
        _chains[function] = deepest;
        return deepest;
    }

    // A cycle of tail jumps is a loop; one that leaves something on the stack is recursion.
    private void CheckCycle(CallEdge back)
    {
        var cycle = _path.Skip(_path.IndexOf(back.Callee)).ToList();
        var grows = !back.IsTailJump || cycle.Zip(cycle.Skip(1)).Any(pair =>
            _graph[pair.First].Calls.Where(call => call.Callee == pair.Second).All(call => !call.IsTailJump));
        if (grows && !cycle.Exists(function => _mayRecurse.Any(pattern => pattern.Matches(function))))
        {
            Report($"recursion: {string.Join(" -> ", cycle.Append(back.Callee).Select(function => function.Name))}");
        }
    }

    private void Report(string message)
    {
        var violation = new Violation("stack", message);
        if (!_violations.Contains(violation))
        {
            _violations.Add(violation);
        }
    }
}
