// Throwing, catching, filtering, unwinding.
using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static class ExceptionBehaviour
{
    private class Special : Exception
    {
        internal int Code;

        internal Special(int code)
            : base("special " + code) => Code = code;

        internal Special(string message, Exception inner)
            : base(message, inner)
        {
        }
    }

    private sealed class VerySpecial : Special
    {
        internal VerySpecial(int code)
            : base(code)
        {
        }
    }

    private static string s_log = "";

    internal static void Run()
    {
        Area("exception");
        Trace("catch", () => Catch(() => Throw(1)));
        Trace("catch derived", () => Catch(() => throw new VerySpecial(2)));
        Trace("not caught here", () => CatchAll(() => Catch(() => throw new InvalidOperationException("other"))));
        Trace("finally on return", () => Log(ReturnThroughFinally(1)));
        Trace("finally on throw", () => CatchAll(() => ReturnThroughFinally(9)));
        Trace("nested finally", () => CatchAll(NestedFinally));
        Trace("rethrow", () => CatchAll(Rethrow));
        Trace("rethrow from nested catch", () => CatchAll(RethrowNested));
        Trace("throw in catch", () => CatchAll(ThrowInCatch));
        Trace("throw in finally", () => CatchAll(ThrowInFinally));
        Trace("throw in finally caught inside", () => CatchAll(ThrowInFinallyCaughtInside));
        Trace("throw in finally twice", () => CatchAll(ThrowInFinallyTwice));
        Trace("throw in catch with finally", () => CatchAll(ThrowInCatchWithFinally));
        Trace("filter", () => Filter(1));
        Trace("filter says no", () => Filter(2));
        Trace("filter throws", () => CatchAll(FilterThrows));
        Trace("filter order", () => CatchAll(FilterOrder));
        Trace("filter sees locals", FilterLocals);
        Trace("loops", Loops);
        Trace("deep", () => CatchAll(() => Deep(50)));
        Trace("registers", Registers);
        Trace("many arguments", ManyArguments);
        Trace("in iterator", InIterator);
        Trace("in generic code", () => CatchAll(() => Generic<string>("x")));
        Trace("through interface", () => CatchAll(() => Opaque<IThrower>(new Thrower()).Go()));
        Trace("through delegate", () => CatchAll(Opaque<Action>(() => Throw(3))));
        Trace("from constructor", () => CatchAll(() => Opaque(new Failing())));
        Trace("from using", () => CatchAll(FromUsing));
        Trace("catch without type", CatchWithoutType);
        Trace("nested dispatch", () => CatchAll(NestedDispatch));
        Trace("sequence of handlers", () => { for (int i = 0; i < 5; i++) Log(Which(i)); });
        Trace("same range, two tries", () => CatchAll(SameRange));
        Trace("catch in catch in catch", CatchInCatch);
        Trace("finally after catch", FinallyAfterCatch);
        Trace("repeated", Repeated);
        Throws("null", () => throw Opaque<Exception>(null!));
        Messages();
    }

    private static void Trace(string name, Action action)
    {
        s_log = "";
        action();
        Value(name, s_log);
    }

    private static void Log(string text) => s_log += text + ";";

    private static void Log(int number) => s_log += number + ";";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Throw(int code) => throw new Special(code);

    private static void Catch(Action action)
    {
        try
        {
            Log("try");
            action();
            Log("after");
        }
        catch (VerySpecial special)
        {
            Log("very " + special.Code);
        }
        catch (Special special)
        {
            Log("special " + special.Code);
        }
        finally
        {
            Log("finally");
        }
    }

    private static void CatchAll(Action action)
    {
        try
        {
            action();
            Log("no exception");
        }
        catch (Exception exception)
        {
            Log("caught " + (exception is Special special ? special.Message : Name(exception)));
        }
    }

    private static int ReturnThroughFinally(int x)
    {
        try
        {
            if (x > 5)
                Throw(x);
            return x + 1;
        }
        finally
        {
            Log("finally " + x);
        }
    }

    private static void NestedFinally()
    {
        try
        {
            try
            {
                try
                {
                    Throw(4);
                }
                finally
                {
                    Log("inner");
                }
            }
            finally
            {
                Log("middle");
            }
        }
        finally
        {
            Log("outer");
        }
    }

    private static void Rethrow()
    {
        try
        {
            Throw(5);
        }
        catch (Special)
        {
            Log("again");
            throw;
        }
    }

    private static void RethrowNested()
    {
        try
        {
            Throw(6);
        }
        catch (Special)
        {
            try
            {
                Throw(7);
            }
            catch (Special inner)
            {
                Log("inner " + inner.Code);
            }
            throw;
        }
    }

    private static void ThrowInCatch()
    {
        try
        {
            Throw(8);
        }
        catch (Special)
        {
            throw new VerySpecial(80);
        }
        catch (Exception)
        {
            Log("wrong: same try");
        }
    }

    private static void ThrowInFinally()
    {
        try
        {
            try
            {
                Throw(9);
            }
            finally
            {
                Log("finally");
                Throw(90);
            }
        }
        finally
        {
            Log("outer finally");
        }
    }

    private static void ThrowInFinallyCaughtInside()
    {
        try
        {
            Throw(10);
        }
        finally
        {
            try
            {
                Throw(100);
            }
            catch (Special special)
            {
                Log("inside " + special.Code);
            }
            Log("finally goes on");
        }
    }

    private static void ThrowInFinallyTwice()
    {
        try
        {
            try
            {
                try
                {
                    Throw(11);
                }
                finally
                {
                    Log("first");
                    Throw(110);
                }
            }
            finally
            {
                Log("second");
                ReturnThroughFinally(1);
                Throw(111);
            }
        }
        catch (Special special) when (special.Code == 11)
        {
            Log("wrong: replaced exception");
        }
    }

    private static void ThrowInCatchWithFinally()
    {
        try
        {
            try
            {
                Throw(12);
            }
            catch (Special)
            {
                Log("catch");
                Throw(120);
            }
            finally
            {
                Log("finally");
            }
        }
        catch (Special special) when (special.Code == 120)
        {
            Log("outer");
            throw;
        }
    }

    private static void Filter(int code)
    {
        try
        {
            try
            {
                Throw(code);
            }
            catch (Special special) when (special.Code == 1)
            {
                Log("filtered");
            }
            finally
            {
                Log("finally");
            }
        }
        catch (Special special)
        {
            Log("outer " + special.Code);
        }
    }

    private static void FilterThrows()
    {
        try
        {
            Throw(13);
        }
        catch (Special) when (Fails())
        {
            Log("wrong: filter threw");
        }

        static bool Fails()
        {
            Log("filter");
            throw new InvalidOperationException();
        }
    }

    private static void FilterOrder()
    {
        try
        {
            try
            {
                Throw(14);
            }
            finally
            {
                Log("finally");
            }
        }
        catch (Special) when (Say("filter"))
        {
            Log("catch");
        }

        static bool Say(string what)
        {
            Log(what);
            return true;
        }
    }

    private static void FilterLocals()
    {
        int local = Opaque(5);
        string text = Opaque("before");
        try
        {
            local += 10;
            text = "within";
            Throw(15);
        }
        catch (Special special) when (special.Code == local && text == "within")
        {
            Log("local " + local);
        }
    }

    private static void Loops()
    {
        for (int i = 0; i < 6; i++)
        {
            try
            {
                try
                {
                    if (i == 1)
                        continue;
                    if (i == 2)
                        Throw(16);
                    if (i == 4)
                        break;
                    Log("body " + i);
                }
                finally
                {
                    Log("finally " + i);
                }
            }
            catch (Special)
            {
                Log("catch " + i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Deep(int depth)
    {
        try
        {
            if (depth == 0)
                Throw(17);
            return Deep(depth - 1) + depth;
        }
        finally
        {
            if (depth % 10 == 0)
                Log(depth);
        }
    }

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

    // While one exception unwinds, its finally blocks raise and handle others, in several frames.
    private static void NestedDispatch()
    {
        try
        {
            Unwinding(3);
        }
        finally
        {
            CatchAll(() => Throw(24));
        }

        static void Unwinding(int depth)
        {
            try
            {
                if (depth == 0)
                    Throw(25);
                Unwinding(depth - 1);
            }
            finally
            {
                CatchAll(() => Unwinding2(depth));
            }
        }

        static void Unwinding2(int depth)
        {
            try
            {
                Throw(depth);
            }
            finally
            {
                Log("in " + depth);
            }
        }
    }

    private static string Which(int x)
    {
        try
        {
            switch (x)
            {
                case 0:
                    throw new ArgumentNullException();
                case 1:
                    throw new ArgumentException();
                case 2:
                    return Opaque(new int[1])[Opaque(1)].ToString();
                case 3:
                    throw new Deliberate("d");
                default:
                    return "none";
            }
        }
        catch (ArgumentNullException)
        {
            return "null";
        }
        catch (ArgumentException)
        {
            return "argument";
        }
        catch (IndexOutOfRangeException)
        {
            return "index";
        }
        catch (Exception exception) when (exception.Message == "d")
        {
            return "deliberate";
        }
    }

    private static void SameRange()
    {
        try
        {
            try
            {
                Throw(26);
            }
            catch (InvalidOperationException)
            {
                Log("wrong type");
            }
        }
        catch (Special)
        {
            Log("outer of the same range");
            Throw(27);
        }
    }

    private static void CatchInCatch()
    {
        try
        {
            Throw(28);
        }
        catch (Special first)
        {
            try
            {
                Throw(29);
            }
            catch (Special second)
            {
                try
                {
                    Throw(30);
                }
                catch (Special third)
                {
                    Log(first.Code + " " + second.Code + " " + third.Code);
                }
                Log(second.Code);
            }
            Log(first.Code);
        }
    }

    private static void FinallyAfterCatch()
    {
        int x = 0;
        try
        {
            x += 1;
            Throw(31);
        }
        catch (Special)
        {
            x += 10;
        }
        finally
        {
            x += 100;
        }
        Log(x);
    }

    // Neither the stack nor the thread's records grow.
    private static void Repeated()
    {
        int count = 0;
        for (int i = 0; i < 2000; i++)
        {
            try
            {
                ThrowInCatchWithFinally();
            }
            catch (Special)
            {
                count++;
            }
            s_log = "";
        }
        Log(count);
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
