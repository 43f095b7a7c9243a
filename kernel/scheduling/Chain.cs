namespace Kilonova.Kernel;

/// <summary>
/// The chain of execution contexts behind a scheduling context: from the thread that it belongs to, along open calls and help, to the
/// one that can use the time now (donation and helping, specification 5.2.1).
/// </summary>
/// <remarks>
/// All contexts of a chain are bound to one CPU, and links change on that CPU only. Chains have no cycles: a call sets a link from the
/// current tip to a waiting context, which has no link; help is refused with ABORTED where it would close a ring.
/// </remarks>
public static unsafe class Chain
{
    /// <summary>
    /// Longest chain, and one more than the depth of calls. What would lengthen a chain beyond it is refused with ABORTED, so that walks are
    /// bounded. (Calls count from the thread at their root; help, from the thread whose time it spends.)
    /// </summary>
    public const int Longest = 256;

    /// <summary>The context that is this deep in calls makes no more of them.</summary>
    public const byte Deepest = Longest - 1;

    /// <summary>A chain that has grown on the time of those who have joined it midway ends less than a row of calls behind Longest.</summary>
    public const int LongestOfAll = 2 * Longest;

    /// <summary>
    /// The context that runs when <paramref name="sc"/> does. A helper whose callee has become free ends the walk: it retries its call. So
    /// does one that is so far from the beginning that it will find itself refused.
    /// </summary>
    public static ExecutionContext* Tip(SchedulingContext* sc)
    {
        ExecutionContext* ec = sc->Context;
        for (int length = 1; ; length++)
        {
            ExecutionContext* next = ec->Callee;
            if (next == null)
                return ec;

            if ((ec->Flags & EcFlags.Helping) != 0 && (length >= Longest || next->State is EcState.Waiting or EcState.Dead))
            {
                StopHelping(ec);
                return ec;
            }

            ec = next;
        }
    }

    /// <summary>
    /// Links <paramref name="helper"/>, which runs on <paramref name="sc"/>, to <paramref name="busy"/>. False if that would close a ring or
    /// make the chain too long.
    /// </summary>
    public static bool TryHelp(SchedulingContext* sc, ExecutionContext* helper, ExecutionContext* busy)
    {
        int length = 1;
        for (ExecutionContext* ec = sc->Context; ec != helper && ec != null; ec = ec->Callee)
            length++;

        for (ExecutionContext* ec = busy; ec != helper && length < Longest; ec = ec->Callee)
        {
            length++;
            if (ec->Callee == null)
            {
                helper->Callee = busy;
                helper->Flags |= EcFlags.Helping;
                return true;
            }
        }

        return false;
    }

    public static void StopHelping(ExecutionContext* helper)
    {
        helper->Callee = null;
        helper->Flags &= ~EcFlags.Helping;
    }
}
