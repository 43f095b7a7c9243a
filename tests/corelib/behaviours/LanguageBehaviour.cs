// Language features that lean on the library: iterators, records, tuples, patterns, ranges, disposal.
using System;
using System.Collections.Generic;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static class LanguageBehaviour
{
    private sealed record Person(string Name, int Age);

    private record Vehicle(int Wheels);

    private sealed record Car(int Wheels, string Brand) : Vehicle(Wheels);

    private readonly record struct Coordinates(int X, int Y)
    {
        internal int Sum => X + Y;
    }

    private sealed class Resource : IDisposable
    {
        private readonly string _name;

        internal Resource(string name)
        {
            _name = name;
            s_log += "+" + name;
        }

        public void Dispose() => s_log += "-" + _name;
    }

    private ref struct RefResource
    {
        public readonly void Dispose() => s_log += "-ref";
    }

    private static string s_log = "";

    internal static void Run()
    {
        Area("language");
        Values("iterator", Countdown(5));
        Values("early exit", TakeWhilePositive(new[] { 3, 2, 0, 1 }));
        IEnumerable<int> sequence = Countdown(2);
        Value("enumerated twice", string.Join(",", sequence) + "/" + string.Join(",", sequence));
        s_log = "";
        foreach (int item in WithFinally())
        {
            s_log += item;
            if (item == 2)
                break;
        }
        Value("finally in iterator", s_log);
        Values("fibonacci", Fibonacci(12));

        Person ann = new Person("Ann", 30);
        Value("record text", ann.ToString());
        Value("record equality", (ann == new Person("Ann", Opaque(30))) + " " + (ann == ann with { Age = 31 }) + " " + ann.Equals(null) + " " + (ann.GetHashCode() == (ann with { }).GetHashCode()));
        (string name, int age) = ann;
        Value("record parts", name + age);
        Value("record hierarchy", new Car(4, "x").ToString() + " " + (new Car(4, "x") == (Vehicle)new Car(4, "x")) + " " + (new Vehicle(4) == new Car(4, "x")));
        Value("record struct", new Coordinates(1, 2).ToString() + " " + (new Coordinates(1, 2) == new Coordinates(Opaque(1), 2)) + " " + new Coordinates(3, 4).Sum);

        (int, string) pair = (Opaque(1), "t");
        Value("tuple", pair + " " + (pair == (1, "t")) + " " + pair.Equals((1, "u")) + " " + pair.CompareTo((1, "s")));
        Value("long tuple", (1, "a", 2L, 'c', true).ToString());
        Value("tuple of null", (Opaque<string?>(null), 1).ToString());

        foreach (object? item in new object?[] { 5, -5, "text", "", null, 3.5, new[] { 1, 2, 3 }, ann, 'x' })
            Value("pattern", Classify(item));
        foreach (int[] list in new[] { new int[0], new[] { 1 }, new[] { 1, 2, 9 }, new[] { 2, 3 } })
            Value("list pattern", list switch { [] => "empty", [1] => "one", [1, .., var last] => "from one to " + last, [var first, ..] => "from " + first });

        s_log = "";
        using (Resource a = new Resource("a"))
        {
            using Resource b = new Resource("b");
            using RefResource c = default;
            s_log += "!";
        }
        Value("using", s_log);
        int[] numbers = { 0, 1, 2, 3, 4, 5 };
        Values("range", numbers[2..^1]);
        Value("index", numbers[^2]);
        Value("text range", "abcdef"[1..^2]);
        Value("index value", new Index(3, true).GetOffset(10) + " " + (^3).IsFromEnd + " " + (2..5).GetOffsetAndLength(10));
        Throws("range beyond", () => Opaque(numbers[4..9]));
        int?[] optional = { 1, null, 3 };
        int total = 0;
        foreach (int? item in optional)
            total += item ?? 10;
        Value("optional", total);
        string? nothing = Opaque<string?>(null);
        Value("conditional access", nothing?.Length ?? -1);
        nothing ??= "assigned";
        Value("assigned if null", nothing);
        Value("goto", Goto());
        Throws("no arm", () => Opaque(Opaque(5) switch { 1 => "one" }));
        Value("checked block", CheckedBlock());
        Value("out", Divide(17, 5, out int remainder) + " " + remainder);
        Value("params", Add() + Add(1) + Add(1, 2, 3));
        Value("default arguments", Optional() + Optional(b: 5) + Optional(1, 2));
        ref int largest = ref Largest(numbers);
        largest = 50;
        Value("reference returned", numbers[5]);
    }

    private static IEnumerable<int> Countdown(int from)
    {
        while (from > 0)
            yield return from--;
    }

    private static IEnumerable<int> TakeWhilePositive(IEnumerable<int> source)
    {
        foreach (int item in source)
        {
            if (item <= 0)
                yield break;
            yield return item;
        }
    }

    private static IEnumerable<int> WithFinally()
    {
        try
        {
            yield return 1;
            yield return 2;
            yield return 3;
        }
        finally
        {
            s_log += "f";
        }
    }

    private static IEnumerable<long> Fibonacci(int count)
    {
        (long a, long b) = (0, 1);
        for (int i = 0; i < count; i++)
        {
            yield return a;
            (a, b) = (b, a + b);
        }
    }

    private static string Classify(object? value) => value switch
    {
        null => "null",
        int and > 0 => "positive",
        int i => "int " + i,
        "" => "empty",
        string { Length: > 3 } s => "long " + s,
        string => "short",
        double d when d > 3 => "large",
        int[] { Length: var length } => "array of " + length,
        Person { Age: >= 18, Name: var name } => "adult " + name,
        char and >= 'a' and <= 'z' => "letter",
        _ => "other",
    };

    private static string Goto()
    {
        string result = "";
        int i = 0;
    again:
        result += i;
        if (++i < 4)
            goto again;
        return result;
    }

    private static int CheckedBlock()
    {
        try
        {
            checked
            {
                int i = Opaque(int.MaxValue);
                i++;
                return i;
            }
        }
        catch (OverflowException)
        {
            return -1;
        }
    }

    private static int Divide(int dividend, int divisor, out int remainder)
    {
        remainder = dividend % divisor;
        return dividend / divisor;
    }

    private static int Add(params int[] numbers)
    {
        int sum = numbers.Length * 100;
        foreach (int number in numbers)
            sum += number;
        return sum;
    }

    private static int Optional(int a = 3, int b = 4) => (a * 10) + b;

    private static ref int Largest(int[] numbers)
    {
        int index = 0;
        for (int i = 1; i < numbers.Length; i++)
        {
            if (numbers[i] > numbers[index])
                index = i;
        }
        return ref numbers[index];
    }
}
