// Static constructors and static fields.
using System;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static class StaticBehaviour
{
    private static string s_log = "";

    private static int Note(string what, int value)
    {
        s_log += what + ";";
        return value;
    }

    private static class Lazy
    {
        internal static readonly int Value = Note("lazy", 5);

        static Lazy() => Note("lazy constructor", 0);
    }

    private static class Preset
    {
        internal static readonly int[] Primes = { 2, 3, 5, 7 };
        internal static readonly string[] Names = { "a", "b" };
        internal static int Changing = 42;
    }

    private static class First
    {
        internal static readonly int Value = Note("first", Second.Value + 1);

        static First()
        {
        }
    }

    private static class Second
    {
        internal static readonly int Value = Note("second", First.Value + 10);

        static Second()
        {
        }
    }

    private static class Failing
    {
        internal static readonly int Value;

        static Failing()
        {
            Note("failing", 0);
            if (Opaque(1) == 1)
                throw new Deliberate("in constructor");
            Value = 1;
        }

        internal static int Get() => Value;
    }

    private static class PerType<T>
    {
        internal static readonly string Name = "of " + Note(typeof(T) == typeof(int) ? "int" : "other", 1);
        internal static T? Slot;

        static PerType()
        {
        }
    }

    private class WithInstance
    {
        internal static readonly WithInstance Instance = new WithInstance();
        internal static int Counter = 5;
        internal readonly int Seen;

        private WithInstance() => Seen = Counter;
    }

    internal static void Run()
    {
        Area("static");
        Value("not yet", s_log);
        Value("lazy", Lazy.Value + Lazy.Value);
        Value("ran once", s_log);
        s_log = "";
        Value("preset", Preset.Primes[3] + Preset.Names[1] + Preset.Changing++ + Preset.Changing);
        Value("circle", First.Value + " " + Second.Value);
        Value("order in circle", s_log);
        s_log = "";
        Throws("failing", () => Failing.Get());
        Throws("failing again", () => Failing.Get());
        Value("tried once", s_log);
        s_log = "";
        PerType<int>.Slot = 3;
        PerType<string>.Slot = "s";
        PerType<object>.Slot = 4;
        Value("per type", PerType<int>.Name + PerType<string>.Name + PerType<object>.Name + PerType<int>.Slot + PerType<string>.Slot + PerType<object>.Slot);
        Value("constructed per type", s_log);
        Value("instance before counter", WithInstance.Instance.Seen + " " + WithInstance.Counter);
    }
}
