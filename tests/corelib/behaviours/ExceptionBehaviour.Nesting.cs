// Exceptions while others are being handled: rethrown, replaced, nested.
using System;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static partial class ExceptionBehaviour
{
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
}
