// Delegates, closures, events, lists of delegates, function pointers.
using System;
using System.Collections.Generic;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static unsafe class DelegateBehaviour
{
    private interface IRunner
    {
        int Run(int x);
    }

    private class Base : IRunner
    {
        public virtual int Run(int x) => x + 1;
    }

    private sealed class Derived : Base
    {
        public override int Run(int x) => x + 2;
    }

    private struct Scale
    {
        internal int Factor;

        internal int Times(int x) => x * Factor;
    }

    private sealed class Source
    {
        internal event Action<string>? Changed;

        internal void Raise(string what) => Changed?.Invoke(what);
    }

    // Lambdas in generic methods that capture no more than this become generic instance methods, shared between reference types.
    private sealed class Generic<T>
    {
        private readonly T _value;

        internal Generic(T value) => _value = value;

        internal Func<string> Collect<TOther>(TOther other) => () => _value + ";" + other + ";" + (typeof(TOther) == typeof(string));

        internal Func<T, string> Convert<TOther>() => x => _value + ";" + x + ";" + (x is TOther) + ";" + Kind<TOther>();

        private static string Kind<TOther>() => typeof(TOther) == typeof(object) ? "object" : "other";
    }

    private static string s_log = "";

    internal static void Run()
    {
        Area("delegate");
        Func<int, int> plain = x => x + 1;
        int captured = Opaque(10);
        Func<int, int> closure = x => x + captured;
        captured = 20;
        Func<int, int> method = Double;
        Func<int, int> bound = new Derived().Run;
        Base derived = new Derived();
        Func<int, int> virtually = derived.Run;
        Func<int, int> throughInterface = ((IRunner)derived).Run;
        Func<int, int> ofStruct = new Scale { Factor = 5 }.Times;
        Value("calls", plain(1) + " " + closure(1) + " " + method(4) + " " + bound(1) + " " + virtually(1) + " " + throughInterface(1) + " " + ofStruct(3));
        Value("counters", CountTwice());

        Action<string> first = x => s_log += "1" + x;
        Action<string> second = x => s_log += "2" + x;
        Action<string> both = first + second;
        both("a");
        (both + both)("b");
        Value("multicast", s_log);
        s_log = "";
        Action<string>? rest = both + first - second;
        rest!("c");
        Value("removed from the middle", s_log);
        s_log = "";
        (both + second - both)!("d");
        Value("removed pair", s_log);
        Value("removed all", (both - both is null) + " " + (first - second == first) + " " + (first - first is null));
        Value("list", both.GetInvocationList().Length + " " + first.GetInvocationList().Length);
        Value("equality", (first == first) + " " + (first + second == both) + " " + (second + first == both) + " " + ((Func<int, int>)Double == method) + " " +
            ((Func<int, int>)derived.Run == virtually) + " " + ((Func<int, int>)new Derived().Run == virtually));
        Func<int> results = () => 1;
        results += () => 2;
        Value("last result", results());
        Value("target", (virtually.Target == derived) + " " + (method.Target is null));
        Throws("chain stops at a throw", () => ((Action)(() => s_log = "reached")
            + (() => throw new Deliberate("thrown")) + (() => s_log = "beyond"))());
        Value("reached", s_log);

        s_log = "";
        Source source = new Source();
        source.Raise("x");
        source.Changed += first;
        source.Changed += second;
        source.Raise("y");
        source.Changed -= first;
        source.Raise("z");
        Value("event", s_log);

        List<Func<int>> closures = new List<Func<int>>();
        for (int i = 0; i < 3; i++)
        {
            int copy = i;
            closures.Add(() => copy * 10);
        }
        Value("closures in a loop", closures[0]() + closures[1]() + closures[2]());
        Value("recursive local function", Factorial(10));
        delegate*<int, int> pointer = &Double;
        Value("function pointer", pointer(21));
        Func<Func<int, int>, Func<int, int>> twice = f => x => f(f(x));
        Value("higher order", twice(twice(plain))(0));
        Generic<string> generic = new Generic<string>("g");
        Value("generic instance methods", generic.Collect("h")() + generic.Convert<object>()("i") + new Generic<object>(1).Convert<string>()(2));
        Value("generic target", (generic.Convert<object>().Target == generic) + " " + (generic.Convert<object>() == generic.Convert<object>()) + " "
            + (generic.Convert<object>() == new Generic<string>("g").Convert<object>()));
        Func<string, string> several = generic.Convert<object>();
        several += generic.Convert<string>();
        Value("generic multicast", several("j"));
        Value("comparison", new List<int> { 1, 2, 3 }.ConvertWith(x => x * x));
    }

    private static string ConvertWith(this List<int> list, Func<int, int> convert)
    {
        string result = "";
        foreach (int item in list)
            result += convert(item) + ";";
        return result;
    }

    private static int Double(int x) => 2 * x;

    private static Func<int> Counter()
    {
        int count = 0;
        return () => ++count;
    }

    private static string CountTwice()
    {
        Func<int> one = Counter();
        Func<int> other = Counter();
        return one() + " " + one() + " " + other();
    }

    private static long Factorial(int n)
    {
        return Go(n);

        long Go(int x) => x <= 1 ? 1 : x * Go(x - 1);
    }
}
