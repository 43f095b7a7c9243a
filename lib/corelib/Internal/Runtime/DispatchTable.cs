// What the run time knows about interface calls: which code serves which slot of which interface for which type. Call sites point into
// this table (dispatch.S); it grows by one record per combination that was ever met and never shrinks.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace Internal.Runtime;

/// <summary>
/// One type's implementation of one interface slot. Immutable from the moment it is reachable: its writer fills it in and then
/// publishes its address with one store, which x86 makes visible after the contents. The layout is mirrored in dispatch.S.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DispatchRecord
{
    internal nint Type;
    internal nint Code;
    internal DispatchSlot* Slot;
    internal DispatchRecord* Next;
}

/// <summary>One slot of one interface with the records of all types met there, in short chains by type.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DispatchSlot
{
    internal const int ChainCount = 8;

    /// <summary>MethodTables are aligned to 8, and most are larger than 64 bytes.</summary>
    internal const int TypeHashShift = 5;

    internal nint Interface;
    internal nint Number;
    internal DispatchSlot* Next;

    // The heads of the chains. Written under the table's lock, read without.
    private nint _chain0;
    private nint _chain1;
    private nint _chain2;
    private nint _chain3;
    private nint _chain4;
    private nint _chain5;
    private nint _chain6;
    private nint _chain7;

    [UnscopedRef]
    internal ref nint Chain(nint type) => ref Unsafe.Add(ref _chain0, (int)(type >> TypeHashShift) & (ChainCount - 1));
}

/// <summary>
/// Lookups take no lock: chains only ever grow at their heads. Insertions are serialised by one lock and look again under it, so that
/// there is one record per (interface, slot, type) and one slot per (interface, number): memory is bounded by types times slots.
/// </summary>
internal static unsafe class DispatchTable
{
    private const int BucketCount = 256;

    private static RuntimeLock s_lock;
    private static Buckets s_buckets;

    /// <summary>The record for a type, or null if the combination was not met yet.</summary>
    internal static DispatchRecord* Find(nint interfaceType, nint number, nint type)
    {
        DispatchSlot* slot = FindSlot(interfaceType, number);
        return slot == null ? null : FindRecord(slot, type);
    }

    /// <summary>The record for a type, made now unless another thread was faster.</summary>
    internal static DispatchRecord* Insert(nint interfaceType, nint number, nint type, nint code)
    {
        s_lock.Acquire();
        DispatchSlot* slot = FindSlot(interfaceType, number);
        if (slot == null)
            slot = InsertSlot(interfaceType, number);
        DispatchRecord* record = FindRecord(slot, type);
        if (record == null)
            record = InsertRecord(slot, type, code);
        s_lock.Release();
        return record;
    }

    private static DispatchRecord* FindRecord(DispatchSlot* slot, nint type)
    {
        DispatchRecord* record = (DispatchRecord*)Volatile.Read(ref slot->Chain(type));
        while (record != null && record->Type != type)
            record = record->Next;
        return record;
    }

    private static DispatchRecord* InsertRecord(DispatchSlot* slot, nint type, nint code)
    {
        DispatchRecord* record = (DispatchRecord*)ComponentHeap.AllocatePermanent((nuint)sizeof(DispatchRecord));
        record->Type = type;
        record->Code = code;
        record->Slot = slot;
        record->Next = (DispatchRecord*)slot->Chain(type);
        Volatile.Write(ref slot->Chain(type), (nint)record);
        return record;
    }

    private static DispatchSlot* FindSlot(nint interfaceType, nint number)
    {
        DispatchSlot* slot = (DispatchSlot*)Volatile.Read(ref Bucket(interfaceType, number));
        while (slot != null && (slot->Interface != interfaceType || slot->Number != number))
            slot = slot->Next;
        return slot;
    }

    private static DispatchSlot* InsertSlot(nint interfaceType, nint number)
    {
        DispatchSlot* slot = (DispatchSlot*)ComponentHeap.AllocatePermanent((nuint)sizeof(DispatchSlot));
        slot->Interface = interfaceType;
        slot->Number = number;
        slot->Next = (DispatchSlot*)Bucket(interfaceType, number);
        Volatile.Write(ref Bucket(interfaceType, number), (nint)slot);
        return slot;
    }

    private static ref nint Bucket(nint interfaceType, nint number) =>
        ref s_buckets[(int)((interfaceType >> DispatchSlot.TypeHashShift) + (number * 31)) & (BucketCount - 1)];

    // Heads of the chains of slots. Written under s_lock, read without.
    [InlineArray(BucketCount)]
    private struct Buckets
    {
        private nint _head;
    }
}
