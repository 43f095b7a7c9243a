// Filters: when they run, what they see, and what their own exceptions do.
using System;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static partial class ExceptionBehaviour
{
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
}
