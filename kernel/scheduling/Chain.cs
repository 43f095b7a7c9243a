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
    /// <summary>Longest chain. A call or help that would lengthen a chain beyond this is refused with ABORTED, so that walks are bounded.</summary>
    public const int Longest = 256;

    /// <summary>
    /// The context that runs when <paramref name="sc"/> does. A helper whose callee has become free ends the walk: it retries its call.
    /// </summary>
    public static ExecutionContext* Tip(SchedulingContext* sc)
    {
        ExecutionContext* ec = sc->Context;
        while (true)
        {
            ExecutionContext* next = ec->Callee;
            if (next == null)
                return ec;

            if ((ec->Flags & EcFlags.Helping) != 0 && next->State is EcState.Waiting or EcState.Dead)
            {
                StopHelping(ec);
                return ec;
            }

            ec = next;
        }
    }

    /// <summary>
    /// Links <paramref name="helper"/> to <paramref name="busy"/>. False if that would close a ring or make the chain too long.
    /// </summary>
    public static bool TryHelp(ExecutionContext* helper, ExecutionContext* busy)
    {
        ExecutionContext* ec = busy;
        for (int length = 0; length < Longest; length++)
        {
            if (ec == helper)
                return false;

            if (ec->Callee == null)
            {
                helper->Callee = busy;
                helper->Flags |= EcFlags.Helping;
                return true;
            }

            ec = ec->Callee;
        }

        return false;
    }

    public static void StopHelping(ExecutionContext* helper)
    {
        helper->Callee = null;
        helper->Flags &= ~EcFlags.Helping;
    }
}
