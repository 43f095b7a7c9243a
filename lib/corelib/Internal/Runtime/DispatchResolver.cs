// Finding the method behind an interface call that no record answers yet. Reached from dispatch.S with the caller's argument
// registers saved but not its vector registers, so nothing here may touch XMM.
using System.Runtime.InteropServices;
using System.Threading;

namespace Internal.Runtime;

internal static unsafe class DispatchResolver
{
    // A cell as the linker leaves it: {stub, 32-bit relative pointer to the interface with these bits set}. Cells of one interface slot
    // stand in a row that ends with {0, slot number}. A published record's address has the bits clear.
    private const nint UnresolvedMask = 3;

    [StructLayout(LayoutKind.Sequential)]
    private struct Cell
    {
        internal nint Stub;
        internal nint Target;
    }

    /// <summary>The code to jump to. Publishes the record in the cell if the cell has none.</summary>
    [RuntimeExport("RhpResolveInterfaceCall")]
    private static nint ResolveCall(object target, Cell* cell) => Resolve(target.m_pEEType, cell);

    /// <summary>For delegates over interface methods.</summary>
    internal static nint ResolveCell(object target, nint cell) => Resolve(target.m_pEEType, (Cell*)cell);

    private static nint Resolve(MethodTable* type, Cell* cell)
    {
        // Read once: another thread may publish its record meanwhile.
        nint state = Volatile.Read(ref cell->Target);
        bool resolved = (state & UnresolvedMask) == 0;
        MethodTable* interfaceType;
        nint number;
        if (resolved)
        {
            DispatchSlot* slot = ((DispatchRecord*)state)->Slot;
            interfaceType = (MethodTable*)slot->Interface;
            number = slot->Number;
        }
        else
        {
            interfaceType = (MethodTable*)((byte*)&cell->Target + ((int)state & ~(int)UnresolvedMask));
            number = SlotNumber(cell);
        }

        DispatchRecord* record = DispatchTable.Find((nint)interfaceType, number, (nint)type);
        if (record == null)
        {
            nint code = FindImplementation(type, interfaceType, (ushort)number);
            if (code == 0)
                Platform.Fail("interface call on a type that does not implement it"u8);
            record = DispatchTable.Insert((nint)interfaceType, number, (nint)type, code);
        }

        // The site keeps the first type it met; later ones go through the table, so that sites with many types do not bounce a
        // cache line between processors.
        if (!resolved)
            Volatile.Write(ref cell->Target, (nint)record);
        return record->Code;
    }

    private static nint SlotNumber(Cell* cell)
    {
        while (cell->Stub != 0)
            cell++;
        return (ushort)cell->Target;
    }

    /// <summary>Searches the type and its bases: an exact match first, then what variance allows. Zero if there is none.</summary>
    private static nint FindImplementation(MethodTable* type, MethodTable* interfaceType, ushort number)
    {
        for (MethodTable* current = type; current != null; current = current->BaseType)
        {
            if (!current->HasDispatchMap)
                continue;
            nint code = FindInMap(type, current, interfaceType, number, variant: false);
            if (code == 0 && (interfaceType->HasVariance || type->IsArray))
                code = FindInMap(type, current, interfaceType, number, variant: true);
            if (code != 0)
                return code;
        }
        return 0;
    }

    private static nint FindInMap(MethodTable* type, MethodTable* current, MethodTable* interfaceType, ushort number, bool variant)
    {
        DispatchMapEntry* entry = current->DispatchMap->Entries;
        DispatchMapEntry* end = entry + current->DispatchMap->InstanceCount;
        for (; entry < end; entry++)
        {
            if (entry->InterfaceSlot != number)
                continue;
            MethodTable* implemented = current->InterfaceMap[entry->InterfaceIndex];
            if (implemented != interfaceType && !(variant && TypeCast.IsCompatibleInterface(type, implemented, interfaceType)))
                continue;

            // A virtual slot is looked up in the object's own type, which may override it.
            ushort slot = entry->ImplementationSlot;
            return slot < current->NumVtableSlots ? type->VTable[slot] : current->SealedSlot(slot - current->NumVtableSlots);
        }
        return 0;
    }
}
