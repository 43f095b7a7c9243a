// Translation of linear to guest-physical addresses as the guest's processor does it (Intel SDM volume 3, chapter 5).
using System;

namespace Kilonova.Vmm.Processor;

/// <summary>What an access wants; the bits are those of a page fault's error code.</summary>
[Flags]
public enum PageAccess : uint
{
    Read = 0,
    Write = 1 << 1,
    User = 1 << 2,
    Fetch = 1 << 4,
}

/// <summary>How a walk ended.</summary>
public enum WalkStatus : byte
{
    /// <summary>Translated; accessed and dirty bits are set.</summary>
    Ok,

    /// <summary>The guest gets a page fault.</summary>
    Fault,

    /// <summary>A paging structure lies where no memory is.</summary>
    NoMemory,
}

/// <summary>
/// Walks guest page tables in every paging mode. Each entry is read once; accessed and dirty bits are set atomically, and the walk
/// starts again if somebody changed the entry meanwhile. Translations of long mode are remembered with the entries that they came of, and hold
/// as long as memory has the same entries: so nothing need be invalidated, and what is found is always fresh.
/// </summary>
public sealed class PageWalker
{
    private const ulong Present = 1 << 0;
    private const ulong Writable = 1 << 1;
    private const ulong UserPage = 1 << 2;
    private const ulong Accessed = 1 << 5;
    private const ulong Dirty = 1 << 6;
    private const ulong LargePage = 1 << 7;
    private const ulong NoExecute = 1ul << 63;
    private const ulong LegacyIgnored = 0x7ff0_0000_0000_0000;
    private const ulong AddressMask = 0x000f_ffff_ffff_f000;
    private const ulong PdpteReserved = 0x1e6;
    private const ulong PdpteTable = 0xffff_ffe0;
    private const ulong Pse36Reserved = 1 << 21;

    private const uint ErrorPresent = 1 << 0;
    private const uint ErrorReserved = 1 << 3;

    private const int MaximumLevels = 5;
    private const int MaximumRestarts = 16;
    private const int RememberedPages = 32;
    private const ulong PageOffset = 0xfff;

    private readonly GuestMemory _memory;
    private readonly ulong _beyondPhysical;

    // One walk's trail, scratch.
    private readonly ulong[] _entryAddress = new ulong[MaximumLevels];
    private readonly ulong[] _entry = new ulong[MaximumLevels];
    private int _depth;

    // By page and access.
    private readonly Remembered[] _remembered = new Remembered[RememberedPages];

    /// <summary>Makes a walker for one virtual CPU.</summary>
    /// <param name="memory">Where the tables are.</param>
    /// <param name="physicalAddressBits">Width that CPUID tells the guest, 36 to 52.</param>
    public PageWalker(GuestMemory memory, int physicalAddressBits = 46)
    {
        _memory = memory;
        for (int i = 0; i < RememberedPages; i++)
            _remembered[i] = new Remembered();
        _beyondPhysical = AddressMask & ~((1ul << physicalAddressBits) - 1);
    }

    /// <summary>Translates one address.</summary>
    /// <param name="state">Control registers, EFER, RFLAGS.AC.</param>
    /// <param name="linear">Linear address, canonical in long mode.</param>
    /// <param name="access">What is wanted.</param>
    /// <param name="physical">The guest-physical address.</param>
    /// <param name="errorCode">The page fault's error code, if it ends in one.</param>
    public WalkStatus Translate(CpuState state, ulong linear, PageAccess access, out ulong physical, out uint errorCode)
    {
        physical = linear;
        errorCode = 0;
        if ((state.Cr0 & Cr0.Paging) == 0)
            return WalkStatus.Ok;

        Remembered known = _remembered[(int)((linear >> 12) ^ (ulong)access) & (RememberedPages - 1)];
        if (Holds(known, state, linear, access))
        {
            physical = known.Physical | (linear & PageOffset);
            return WalkStatus.Ok;
        }

        for (int attempt = 0; attempt < MaximumRestarts; attempt++)
        {
            WalkStatus status = Walk(state, linear, access, out physical, out errorCode);
            if (status != WalkStatus.Ok)
            {
                errorCode |= (uint)access & ~(uint)(ReportsFetch(state) ? 0 : PageAccess.Fetch);
                return status;
            }

            if (!SetAccessedAndDirty(state, (access & PageAccess.Write) != 0))
                continue;
            if (state.IsLongModeActive)
                Remember(known, state, linear, access, physical);
            return WalkStatus.Ok;
        }

        // Somebody rewrites the tables without end: what was read last was a valid translation.
        return WalkStatus.Ok;
    }

    /// <summary>The same for who does not ask why an address is not translated. Touches no vector register.</summary>
    public bool TryTranslate(CpuState state, ulong linear, PageAccess access, out ulong physical)
    {
        Remembered known = _remembered[(int)((linear >> 12) ^ (ulong)access) & (RememberedPages - 1)];
        if (!Holds(known, state, linear, access))
            return Translate(state, linear, access, out physical, out _) == WalkStatus.Ok;
        physical = known.Physical | (linear & PageOffset);
        return true;
    }

    private bool Holds(Remembered known, CpuState state, ulong linear, PageAccess access)
    {
        if (((known.Page ^ linear) & ~PageOffset) != 0 || known.Cr3 != state.Cr3 || known.Access != access || known.Cr0 != state.Cr0
            || known.Cr4 != state.Cr4 || known.Efer != state.Efer || ((known.Flags ^ state.Rflags) & Rflags.AlignmentCheck) != 0)
            return false;

        // From the entry that is most likely to change. Those that were used are present, so none is 0.
        return _memory.LoadDirectly(known.Address0) == known.Entry0 && _memory.LoadDirectly(known.Address1) == known.Entry1
            && (known.Depth <= 2 || _memory.LoadDirectly(known.Address2) == known.Entry2)
            && (known.Depth <= 3 || _memory.LoadDirectly(known.Address3) == known.Entry3)
            && (known.Depth <= 4 || _memory.LoadDirectly(known.Address4) == known.Entry4);
    }

    // Entries as they are with accessed and dirty bits: those of read-only memory do not get them, and so never hold.
    private void Remember(Remembered known, CpuState state, ulong linear, PageAccess access, ulong physical)
    {
        ulong dirty = (access & PageAccess.Write) != 0 ? Accessed | Dirty : Accessed;
        int last = _depth - 1;
        known.Page = linear & ~PageOffset;
        known.Access = access;
        known.Cr0 = state.Cr0;
        known.Cr3 = state.Cr3;
        known.Cr4 = state.Cr4;
        known.Efer = state.Efer;
        known.Flags = state.Rflags;
        known.Physical = physical & ~PageOffset;
        known.Depth = _depth;
        known.Address0 = _entryAddress[last];
        known.Entry0 = _entry[last] | dirty;
        known.Address1 = _entryAddress[last - 1];
        known.Entry1 = _entry[last - 1] | Accessed;
        known.Address2 = last >= 2 ? _entryAddress[last - 2] : 0;
        known.Entry2 = last >= 2 ? _entry[last - 2] | Accessed : 0;
        known.Address3 = last >= 3 ? _entryAddress[last - 3] : 0;
        known.Entry3 = last >= 3 ? _entry[last - 3] | Accessed : 0;
        known.Address4 = last >= 4 ? _entryAddress[last - 4] : 0;
        known.Entry4 = last >= 4 ? _entry[last - 4] | Accessed : 0;
    }

    // A translation and what it depends on. Entries from the last to the first; at least two (pages of 1 GiB).
    private sealed class Remembered
    {
        // CR0 without paging, as there is none to begin with, fits no state that comes here.
        public ulong Page;
        public PageAccess Access;
        public ulong Cr0;
        public ulong Cr3;
        public ulong Cr4;
        public ulong Efer;
        public ulong Flags;
        public ulong Physical;
        public int Depth;
        public ulong Address0;
        public ulong Entry0;
        public ulong Address1;
        public ulong Entry1;
        public ulong Address2;
        public ulong Entry2;
        public ulong Address3;
        public ulong Entry3;
        public ulong Address4;
        public ulong Entry4;
    }

    /// <summary>
    /// Reads the page-directory-pointer entries of PAE paging, as the processor does when CR3 is loaded or the paging mode changes.
    /// </summary>
    /// <param name="cr3">CR3.</param>
    /// <param name="pdptes">Takes the four entries.</param>
    /// <returns>False: no memory is there, or a present entry has a reserved bit set; the processor raises #GP.</returns>
    public bool TryReadPdptes(ulong cr3, ulong[] pdptes)
    {
        bool valid = true;
        for (int i = 0; i < pdptes.Length; i++)
        {
            valid &= _memory.TryLoad((cr3 & PdpteTable) + ((ulong)i * sizeof(ulong)), sizeof(ulong), out pdptes[i]);
            valid &= (pdptes[i] & Present) == 0 || (pdptes[i] & ReservedOfPdpte) == 0;
        }

        return valid;
    }

    private ulong ReservedOfPdpte => PdpteReserved | _beyondPhysical | NoExecute | LegacyIgnored;

    private static bool NoExecuteEnabled(CpuState state) =>
        (state.Efer & Efer.NoExecuteEnable) != 0 && (state.Cr4 & Cr4.PhysicalAddressExtension) != 0;

    private static bool ReportsFetch(CpuState state) =>
        NoExecuteEnabled(state) || (state.Cr4 & Cr4.SupervisorExecutionPrevention) != 0;

    private WalkStatus Walk(CpuState state, ulong linear, PageAccess access, out ulong physical, out uint errorCode)
    {
        _depth = 0;
        bool pae = (state.Cr4 & Cr4.PhysicalAddressExtension) != 0;
        if (!pae)
            return Walk32(state, linear, access, out physical, out errorCode);

        ulong table = state.Cr3 & AddressMask;
        int level = (state.Cr4 & Cr4.LinearAddress57) != 0 ? 5 : 4;
        if (!state.IsLongModeActive)
        {
            level = 2;
            if (!TryPdpte(state, (int)(linear >> 30) & 3, out ulong pdpte))
                return Failed(WalkStatus.NoMemory, 0, out physical, out errorCode);
            if ((pdpte & Present) == 0)
                return Failed(WalkStatus.Fault, 0, out physical, out errorCode);
            table = pdpte & AddressMask;
        }

        ulong rights = Writable | UserPage;
        ulong reserved = _beyondPhysical | (state.IsLongModeActive ? 0 : LegacyIgnored) | (NoExecuteEnabled(state) ? 0 : NoExecute);
        ulong noExecute = 0;
        while (true)
        {
            int shift = 3 + (9 * level);
            ulong address = table + (((linear >> shift) & 0x1ff) * sizeof(ulong));
            if (!_memory.TryLoad(address, sizeof(ulong), out ulong entry))
                return Failed(WalkStatus.NoMemory, 0, out physical, out errorCode);
            if ((entry & Present) == 0)
                return Failed(WalkStatus.Fault, 0, out physical, out errorCode);

            bool leaf = level == 1 || (level <= 3 && (entry & LargePage) != 0);
            ulong low = leaf && level > 1 ? ((1ul << shift) - 1) & ~0x1ffful : level >= 4 ? LargePage : 0;
            if ((entry & (reserved | low)) != 0)
                return Failed(WalkStatus.Fault, ErrorPresent | ErrorReserved, out physical, out errorCode);

            _entryAddress[_depth] = address;
            _entry[_depth++] = entry;
            rights &= entry;
            noExecute |= entry & NoExecute;
            if (leaf)
            {
                ulong offset = (1ul << shift) - 1;
                physical = (entry & AddressMask & ~offset) | (linear & offset);
                return Check(state, access, rights, noExecute != 0, out errorCode);
            }

            table = entry & AddressMask;
            level--;
        }
    }

    private WalkStatus Walk32(CpuState state, ulong linear, PageAccess access, out ulong physical, out uint errorCode)
    {
        const ulong LargeOffset = 0x3f_ffff;
        ulong address = (state.Cr3 & 0xffff_f000) + (((linear >> 22) & 0x3ff) * sizeof(uint));
        if (!_memory.TryLoad(address, sizeof(uint), out ulong entry))
            return Failed(WalkStatus.NoMemory, 0, out physical, out errorCode);
        if ((entry & Present) == 0)
            return Failed(WalkStatus.Fault, 0, out physical, out errorCode);
        _entryAddress[_depth] = address;
        _entry[_depth++] = entry;
        ulong rights = entry;

        if ((entry & LargePage) != 0 && (state.Cr4 & Cr4.PageSizeExtensions) != 0)
        {
            ulong high = ((entry >> 13) & 0xff) << 32;
            if ((entry & Pse36Reserved) != 0 || (high & _beyondPhysical) != 0)
                return Failed(WalkStatus.Fault, ErrorPresent | ErrorReserved, out physical, out errorCode);
            physical = high | (entry & 0xffc0_0000) | (linear & LargeOffset);
            return Check(state, access, rights, false, out errorCode);
        }

        address = (entry & 0xffff_f000) + (((linear >> 12) & 0x3ff) * sizeof(uint));
        if (!_memory.TryLoad(address, sizeof(uint), out entry))
            return Failed(WalkStatus.NoMemory, 0, out physical, out errorCode);
        if ((entry & Present) == 0)
            return Failed(WalkStatus.Fault, 0, out physical, out errorCode);
        _entryAddress[_depth] = address;
        _entry[_depth++] = entry;
        physical = (entry & 0xffff_f000) | (linear & 0xfff);
        return Check(state, access, rights & entry, false, out errorCode);
    }

    // False if the table is not in memory. A reserved bit makes MOV to CR3 fault, so that an entry with one cannot be in use. In memory an entry
    // may have been marked as accessed: QEMU's processors do so, as in long mode.
    private bool TryPdpte(CpuState state, int index, out ulong pdpte)
    {
        if (state.HasPdptes)
            pdpte = state.Pdptes[index];
        else if (!_memory.TryLoad((state.Cr3 & PdpteTable) + ((ulong)index * sizeof(ulong)), sizeof(ulong), out pdpte))
            return false;
        else
            pdpte &= ~Accessed;
        if ((pdpte & ReservedOfPdpte) != 0)
            pdpte = 0;
        return true;
    }

    private static WalkStatus Failed(WalkStatus status, uint error, out ulong physical, out uint errorCode)
    {
        physical = 0;
        errorCode = error;
        return status;
    }

    // Section 5.6, determination of access rights.
    private static WalkStatus Check(CpuState state, PageAccess access, ulong rights, bool noExecute, out uint errorCode)
    {
        bool userPage = (rights & UserPage) != 0;
        bool user = (access & PageAccess.User) != 0;
        bool allowed = !user || userPage;
        if ((access & PageAccess.Write) != 0)
            allowed &= (rights & Writable) != 0 || (!user && (state.Cr0 & Cr0.WriteProtect) == 0);
        if ((access & PageAccess.Fetch) != 0)
        {
            allowed &= !noExecute;
            allowed &= user || !userPage || (state.Cr4 & Cr4.SupervisorExecutionPrevention) == 0;
        }
        else if (!user && userPage && (state.Cr4 & Cr4.SupervisorAccessPrevention) != 0)
        {
            allowed &= (state.Rflags & Rflags.AlignmentCheck) != 0;
        }

        errorCode = allowed ? 0 : ErrorPresent;
        return allowed ? WalkStatus.Ok : WalkStatus.Fault;
    }

    // False if an entry is not what was read. Tables in read-only memory stay as they are.
    private bool SetAccessedAndDirty(CpuState state, bool write)
    {
        int size = (state.Cr4 & Cr4.PhysicalAddressExtension) != 0 ? sizeof(ulong) : sizeof(uint);
        for (int i = 0; i < _depth; i++)
        {
            ulong wanted = _entry[i] | Accessed | (write && i == _depth - 1 ? Dirty : 0);
            if (wanted == _entry[i])
                continue;
            ulong found = _entry[i];
            if (_memory.TryCompareExchange(_entryAddress[i], size, ref found, wanted) && found != _entry[i])
                return false;
        }

        return true;
    }
}
