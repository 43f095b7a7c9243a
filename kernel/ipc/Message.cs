namespace Kilonova.Kernel;

/// <summary>Transfer of message words between user thread control blocks (specification, sections 4.3.1 and 4.4.1).</summary>
public static unsafe class Message
{
    /// <summary>
    /// Copies the words that <paramref name="mtd"/> counts. Both UTCBs are kernel pages: nothing can fault, and no page of one domain
    /// is ever reached through the other's mappings.
    /// </summary>
    public static void Transfer(ExecutionContext* from, ExecutionContext* to, uint mtd)
    {
        ulong* source = from->Utcb;
        ulong* destination = to->Utcb;
        uint last = mtd & RegularMtd.WordsMinusOneMask;
        *destination = *source;
        if (last != 0)
            Memory.Copy(destination + 1, source + 1, last * sizeof(ulong));
    }
}
