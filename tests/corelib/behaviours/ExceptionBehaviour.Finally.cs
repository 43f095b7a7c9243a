// Finally blocks: in which order they run, and what an exception of their own does.
using System;
using System.Runtime.CompilerServices;

namespace Kilonova.Behaviours;

internal static partial class ExceptionBehaviour
{
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
}
