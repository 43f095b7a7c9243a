// Where exceptions come from and pass through: registers, arguments, iterators, generic code, interfaces, constructors.
using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static partial class ExceptionBehaviour
{
    // Values that live in callee-saved registers across the throw.
    private static void Registers()
    {
        int a = Opaque(1), b = Opaque(2), c = Opaque(3), d = Opaque(4), e = Opaque(5), f = Opaque(6), g = Opaque(7);
        for (int i = 0; i < 3; i++)
        {
            try
            {
                a += b;
                Scramble(i);
                c += d;
            }
            catch (Special)
            {
                e += f;
            }
            g += a + c + e;
        }
        Log(a + " " + b + " " + c + " " + d + " " + e + " " + f + " " + g);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Scramble(int x)
    {
        int p = Opaque(x), q = Opaque(x + 1), r = Opaque(x + 2), s = Opaque(x + 3), t = Opaque(x + 4);
        if (x != 1)
            Throw(p + q + r + s + t);
    }

    private static void ManyArguments()
    {
        try
        {
            Many(1, 2, 3, 4, 5, 6, 7, 8, 9.5, 10);
        }
        catch (Special special)
        {
            Log(special.Code);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Many(int a, int b, long c, int d, int e, int f, int g, int h, double i, long j) =>
        throw new Special(a + b + (int)c + d + e + f + g + h + (int)i + (int)j);

    private static void InIterator()
    {
        try
        {
            foreach (int i in Sequence())
                Log(i);
        }
        catch (Special special)
        {
            Log("caught " + special.Code);
        }

        static IEnumerable<int> Sequence()
        {
            try
            {
                yield return 1;
                Throw(18);
                yield return 2;
            }
            finally
            {
                Log("iterator's finally");
            }
        }
    }

    private static void Generic<T>(object value)
    {
        try
        {
            Log(((T)value).ToString()!);
            Log(((List<T>)value).Count);
        }
        catch (InvalidCastException) when (value is T)
        {
            Log("cast");
            throw new Special(19);
        }
    }

    private interface IThrower
    {
        void Go();
    }

    private sealed class Thrower : IThrower
    {
        public void Go() => Throw(20);
    }

    private sealed class Failing
    {
        private readonly int _value = Opaque(1);

        internal Failing()
        {
            if (_value == 1)
                Throw(21);
        }
    }

    private sealed class Disposable : IDisposable
    {
        public void Dispose() => Log("disposed");
    }

    private static void FromUsing()
    {
        using Disposable disposable = new Disposable();
        Throw(22);
    }

    private static void CatchWithoutType()
    {
        try
        {
            Throw(23);
        }
        catch
        {
            Log("anything");
        }
    }

    private static void Messages()
    {
        ThrowsMessage("index", () => Opaque(new int[1])[Opaque(5)] = 1);
        ThrowsMessage("overflow", () => Opaque(checked(Opaque(int.MaxValue) + 1)));
        ThrowsMessage("argument", () => throw new ArgumentException("text", "name"));
        ThrowsMessage("argument null", () => ArgumentNullException.ThrowIfNull(Opaque<string?>(null), "name"));
        ThrowsMessage("argument range", () => throw new ArgumentOutOfRangeException("name"));
        ThrowsMessage("operation", () => throw new InvalidOperationException());
        ThrowsMessage("supported", () => throw new NotSupportedException());
        ThrowsMessage("empty queue", () => new Queue<int>().Dequeue());
        Special outer = new Special("outer", new Special("middle", new Special(32)));
        Value("inner", outer.InnerException!.Message + " " + outer.GetBaseException().Message);
    }
}
