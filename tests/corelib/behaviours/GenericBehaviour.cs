// Generics: shared code with run-time lookup, statics per instantiation, static abstract members, variance.
using System;
using System.Collections.Generic;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static class GenericBehaviour
{
    private interface IOperation<T>
    {
        static abstract T Combine(T left, T right);

        static virtual int Weight => 7;
    }

    private struct Sum : IOperation<int>
    {
        public static int Combine(int left, int right) => left + right;
    }

    private sealed class Text : IOperation<string>
    {
        public static int Weight => 9;

        public static string Combine(string left, string right) => left + right;
    }

    private class Box<T>
    {
        internal static int Count;
        internal static T? Last;
        internal readonly T Value;

        internal Box(T value)
        {
            Value = value;
            Count++;
            Last = value;
        }

        internal T[] Array(int length) => new T[length];

        internal bool Holds(object other) => other is T;

        internal List<T> ToList() => new List<T> { Value };

        internal Func<T, bool> Equality() => x => EqualityComparer<T>.Default.Equals(x, Value);

        internal virtual string Kind() => typeof(T) == typeof(string) ? "string" : typeof(T) == typeof(int) ? "int" : "other";
    }

    private sealed class IntBox : Box<int>
    {
        internal IntBox(int value)
            : base(value)
        {
        }

        internal override string Kind() => "my " + base.Kind();
    }

    private interface IConverter<in TFrom, out TTo>
    {
        TTo Convert(TFrom from);
    }

    private sealed class Describe : IConverter<object, string>
    {
        public string Convert(object from) => "<" + from + ">";
    }

    private class Animal
    {
        public virtual string Sound => "?";
    }

    private sealed class Dog : Animal
    {
        public override string Sound => "woof";
    }

    private struct Counter
    {
        internal int Value;

        public Counter() => Value = 41;
    }

    internal static void Run()
    {
        Area("generic");
        Box<int> number = new Box<int>(4);
        Box<string> text = new Box<string>("q");
        Box<Animal> animal = new Box<Animal>(new Dog());
        Value("statics", Box<int>.Count + " " + Box<string>.Count + " " + Box<string>.Last + " " + (Box<Animal>.Last == animal.Value) + " " + Box<int>.Last);
        Value("arrays", (Opaque<object>(text.Array(2)) is string[]) + " " + (Opaque<object>(animal.Array(1)) is string[]) + " " + number.Array(3).Length);
        Value("type tests", text.Holds("x") + " " + text.Holds(5) + " " + animal.Holds(new Dog()) + " " + number.Holds(5) + " " + number.Holds(5L));
        Value("lists", text.ToList()[0] + number.ToList().Count);
        Value("nested", Wrap(Wrap(text)).Value.Value.Value);
        Value("lambdas", text.Equality()("q") + " " + text.Equality()("r") + " " + number.Equality()(4));
        Value("kinds", text.Kind() + " " + number.Kind() + " " + animal.Kind() + " " + Opaque<Box<int>>(new IntBox(1)).Kind());
        Value("new", New<Dog>().Sound + " " + (New<List<string>>().Count == 0) + " " + New<int>() + " " + New<Counter>().Value);
        Value("default", (Default<string>() is null) + " " + Default<int>() + " " + Default<(int, string)>().Item1);
        Value("static abstract", Fold<int, Sum>(1, 2, 3) + " " + Fold<string, Text>("a", "b") + " " + WeightOf<Sum, int>() + " " + WeightOf<Text, string>());
        Value("constrained", Largest(3, 9, 4) + " " + Largest("b", "a"));
        Value("swap", Swap(1, 2) + " " + Swap("a", "b"));

        IEnumerable<object> objects = new List<string> { "x", "yy" };
        int length = 0;
        foreach (object item in objects)
            length += ((string)item).Length;
        Value("covariant sequence", length);
        IConverter<string, object> converter = new Describe();
        Value("variant interface", converter.Convert("in").ToString());
        object opaque = Opaque<object>(new Describe());
        Value("variant tests", (opaque is IConverter<string, object>) + " " + (opaque is IConverter<string, Animal>) + " " + (opaque is IConverter<Dog, string>));
        Func<object, string> general = x => "f" + x;
        Func<string, object> special = general;
        Value("variant delegate", special("z").ToString());
        Value("sequence tests", (Opaque<object>(new List<Dog>()) is IEnumerable<Animal>) + " " + (Opaque<object>(new List<Animal>()) is IEnumerable<Dog>) + " " +
            (Opaque<object>(new List<int>()) is IEnumerable<object>));
        IComparer<Dog> comparer = new BySound();
        Value("contravariant", comparer.Compare(new Dog(), new Dog()));
        Value("dictionary of lists", Group(["one", "two", "three", "four"]));
    }

    private sealed class BySound : IComparer<Animal>
    {
        public int Compare(Animal? x, Animal? y) => string.CompareOrdinal(x?.Sound, y?.Sound);
    }

    private static string Group(string[] words)
    {
        Dictionary<int, List<string>> groups = new Dictionary<int, List<string>>();
        foreach (string word in words)
        {
            if (!groups.TryGetValue(word.Length, out List<string>? group))
                groups[word.Length] = group = new List<string>();
            group.Add(word);
        }
        string result = "";
        foreach ((int length, List<string> group) in groups)
            result += length + "=" + string.Join("+", group) + ";";
        return result;
    }

    private static Box<T> Wrap<T>(T value) => new Box<T>(value);

    private static T New<T>()
        where T : new() => new T();

    private static T? Default<T>() => default;

    private static T Fold<T, TOperation>(params T[] values)
        where TOperation : IOperation<T>
    {
        T result = values[0];
        for (int i = 1; i < values.Length; i++)
            result = TOperation.Combine(result, values[i]);
        return result;
    }

    private static int WeightOf<TOperation, T>()
        where TOperation : IOperation<T> => TOperation.Weight;

    private static T Largest<T>(params T[] values)
        where T : IComparable<T>
    {
        T best = values[0];
        foreach (T value in values)
        {
            if (value.CompareTo(best) > 0)
                best = value;
        }
        return best;
    }

    private static string Swap<T>(T left, T right)
    {
        (left, right) = (right, left);
        return left + "," + right;
    }
}
