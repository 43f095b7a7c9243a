// Throwing, catching, filtering, unwinding: the list of cases, and what they have in common.
using System;
using System.Runtime.CompilerServices;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static partial class ExceptionBehaviour
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
}
