// Casts, boxing, arrays' types, equality of structs.
using System;
using System.Collections.Generic;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static class TypeBehaviour
{
    private interface IShape
    {
        int Area(int scale);

        int Doubled(int scale) => 2 * Area(scale);
    }

    private abstract class Shape
    {
        public virtual string Name => "shape";

        public abstract int Size();
    }

    private sealed class Square : Shape, IShape
    {
        internal int Side;

        public override string Name => "square";

        public override int Size() => Side * Side;

        int IShape.Area(int scale) => Side * Side * scale;
    }

    private class Circle : Shape, IShape
    {
        internal int Radius;

        public override int Size() => 3 * Radius * Radius;

        public virtual int Area(int scale) => Size() + scale;
    }

    private sealed class SmallCircle : Circle
    {
        public override string Name => "small";

        public override int Area(int scale) => -scale;
    }

    private struct Point : IShape
    {
        internal int X;
        internal int Y;

        public int Area(int scale) => X * Y * scale;

        public override string ToString() => $"({X}, {Y})";
    }

    private struct Mixed
    {
        internal byte Small;
        internal long Large;
        internal string Text;
        internal double Real;
    }

    private struct Padded
    {
        internal byte Small;
        internal long Large;
    }

    private enum Level : sbyte
    {
        Low = -1,
        High = 5,
    }

    internal static void Run()
    {
        Area("type");
        Shape[] shapes = { new Square { Side = 3 }, new Circle { Radius = 2 }, new SmallCircle { Radius = 1 } };
        foreach (Shape shape in shapes)
        {
            Value("virtual", shape.Name + shape.Size());
            Value("interface", ((IShape)shape).Area(10));
            Value("default method", ((IShape)shape).Doubled(10));
        }
        object boxed = Opaque<object>(new Point { X = 2, Y = 5 });
        Value("boxed interface", ((IShape)boxed).Area(3) + ((IShape)boxed).Doubled(1));
        Value("unboxed", ((Point)boxed).Y);
        Value("boxed text", boxed.ToString());
        Value("is", Opaque<object>(shapes[2]) is Circle && Opaque<object>(shapes[0]) is not Circle && Opaque<object?>(null) is not object);
        Value("as", Opaque<object>("s") as Shape == null && Opaque<object>(shapes[0]) as Shape != null);
        Value("is interface", Opaque<object>(shapes[0]) is IShape && Opaque<object>("s") is not IShape && Opaque<object>("s") is IComparable<string>);
        Throws("bad cast", () => Opaque((Circle)Opaque<object>(new Square())));
        Throws("bad interface cast", () => Opaque((IShape)Opaque<object>("text")));
        Throws("bad unboxing", () => Opaque((long)Opaque<object>(5)));
        Throws("unboxing null to enum", () => Opaque((Level?)Opaque<object>("x")));
        Value("cast of null", (Circle?)Opaque<object?>(null) is null);
        Value("unboxed enum", (int)(Level)Opaque<object>(Level.High) + (sbyte)Opaque<object>(Level.Low));
        Value("boxed enum equality", Opaque<object>(Level.High).Equals(Level.High) && !Opaque<object>(Level.High).Equals((sbyte)5));
        Value("enum flag", Opaque(AttributeTargets.Class | AttributeTargets.Enum).HasFlag(AttributeTargets.Enum));
        Value("enum order", Math.Sign(Opaque<Enum>(Level.Low).CompareTo(Level.High)));

        int? none = Opaque<int?>(null);
        int? some = Opaque<int?>(7);
        Value("nullable", (Opaque<object?>(none) is null) + " " + (int)Opaque<object?>(some)! + " " + (int?)Opaque<object?>(none) + " " + (none ?? 3) + " " + (some + none) + " " + (some > 3));
        Value("nullable equality", (none == null) + " " + (some == 7) + " " + some.Equals(7) + " " + Nullable.Compare(some, none) + " " + some.GetHashCode());
        Throws("value of nothing", () => Opaque(Opaque<int?>(null)!.Value));

        Value("array is", (Opaque<object>(new string[1]) is object[]) + " " + (Opaque<object>(new int[1]) is object[]) + " " + (Opaque<object>(new SmallCircle[1]) is Shape[]) + " " +
            (Opaque<object>(new int[1]) is Array) + " " + (Opaque<object>(new int[1]) is uint[]) + " " + (Opaque<object>(new Level[1]) is sbyte[]) + " " +
            (Opaque<object>(new string[1][]) is object[][]) + " " + (Opaque<object>(new int[1]) is IEnumerable<int>) + " " + (Opaque<object>(new string[1]) is IList<object>));
        Throws("array store", () => Opaque<object[]>(new string[1])[0] = 5);
        Throws("array store fits", () => Opaque<object[]>(new Shape[1])[0] = new Square());
        Throws("array element address", () => Assign(ref Opaque<object[]>(new string[1])[0]));
        Throws("array beyond", () => Opaque(new int[2])[Opaque(2)] = 1);

        Value("type", (Opaque<object>(shapes[0]).GetType() == typeof(Square)) + " " + (typeof(int) != typeof(long)) + " " + (Opaque<object>(5).GetType() == typeof(int)) + " " +
            ReferenceEquals(Opaque<object>(shapes[1]).GetType(), typeof(Circle)) + " " + (new int[0].GetType() == typeof(int[])) + " " + typeof(Point).IsValueType);

        Value("struct equality", new Point { X = 1, Y = 2 }.Equals(new Point { X = Opaque(1), Y = 2 }) + " " + new Point { X = 1 }.Equals(new Point { X = 2 }) + " " + new Point().Equals("x"));
        Mixed mixed = new Mixed { Small = 1, Large = 2, Text = "t", Real = 0.0 };
        Mixed same = new Mixed { Small = 1, Large = 2, Text = Opaque("t"), Real = Opaque(-0.0) };
        Value("mixed struct equality", mixed.Equals(same) + " " + (mixed.GetHashCode() == mixed.GetHashCode()));
        same.Text = "u";
        Value("mixed struct inequality", mixed.Equals(same));
        Value("padded struct equality", new Padded { Small = 1, Large = 2 }.Equals(new Padded { Small = Opaque((byte)1), Large = 2 }));
        Value("objects", Equals(Opaque<object>(5), Opaque<object>(5)) + " " + ReferenceEquals(Opaque<object>(5), Opaque<object>(5)) + " " + Opaque<object>("a").Equals("a") + " " + Opaque<object>(5).Equals(5L));
        Value("numbers", 5.Equals(Opaque(5)) + " " + 5.0.Equals(Opaque(5.0)) + " " + double.NaN.Equals(double.NaN) + " " + 'a'.CompareTo('b') + " " + true.CompareTo(false) + " " + 5u.CompareTo(7u));
        Throws("compare with other", () => Opaque<IComparable>(5).CompareTo("x"));
        Value("hash codes", 5.GetHashCode() + " " + (-1L).GetHashCode() + " " + 'a'.GetHashCode() + " " + true.GetHashCode() + " " + 3.0.GetHashCode() + " " + ((short)-3).GetHashCode());
        Value("cloned", ((int[])Opaque(new[] { 1, 2 }).Clone())[1]);
    }

    private static void Assign(ref object place) => place = "x";
}
