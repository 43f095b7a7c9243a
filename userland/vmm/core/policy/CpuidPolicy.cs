// What a guest learns from CPUID (Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E).
using System.Runtime.CompilerServices;

namespace Kilonova.Vmm.Policy;

/// <summary>The four registers of a CPUID leaf.</summary>
public struct CpuidLeaf
{
    public uint Eax;
    public uint Ebx;
    public uint Ecx;
    public uint Edx;
}

/// <summary>A leaf that depends on nothing but its number.</summary>
public struct PlainLeaf
{
    /// <summary>Its number. An entry that holds another leaf, or none, has another number than was looked for.</summary>
    public uint Leaf;

    public uint Eax;
    public uint Ebx;
    public uint Ecx;
    public uint Edx;
}

/// <summary>CPUID of the processor underneath.</summary>
public interface ICpuid
{
    /// <summary>Executes CPUID.</summary>
    CpuidLeaf Read(uint leaf, uint subleaf);
}

/// <summary>What a policy needs to know about the machine and the virtual CPU.</summary>
public struct CpuidSettings
{
    /// <summary>APIC ID of the virtual CPU.</summary>
    public uint ApicId;

    /// <summary>Number of virtual CPUs; APIC IDs are 0 and up.</summary>
    public uint Cpus;

    /// <summary>Frequency of the guest's time stamp counter.</summary>
    public ulong TimestampHertz;

    /// <summary>The environment keeps XSAVE state and lets XCR0 have these bits; 0 hides XSAVE and all that needs it.</summary>
    public ulong ExtendedStates;

    /// <summary>Width of guest-physical addresses.</summary>
    public int PhysicalAddressBits;

    /// <summary>Pages of 1 GiB may be used.</summary>
    public bool HugePages;

    /// <summary>Interrupts may be ended without an exit: the local APIC knows the guest's memory.</summary>
    public bool ParavirtualEnd;

    /// <summary>Linear addresses of 57 bits may be used.</summary>
    public bool WideAddresses;
}

/// <summary>
/// Features are named one by one: what is not known to work for a guest is not shown, whatever the processor has. The leaves are
/// computed when the virtual CPU is made, so that an exit only looks them up.
/// </summary>
public sealed class CpuidPolicy
{
    private const uint HypervisorBase = 0x4000_0000;
    private const uint KvmFeatures = 0x4000_0001;
    private const uint Timing = 0x4000_0010;
    private const uint ExtendedBase = 0x8000_0000;
    private const uint MaximumBasic = 0x16;
    private const uint MaximumExtended = 0x8000_0008;
    private const int Capacity = 48;
    private const int Registers = 4;
    private const uint LeavesPerRange = 32;

    private readonly ICpuid _host;
    private readonly CpuidSettings _settings;
    private readonly uint[] _leaf = new uint[Capacity];
    private readonly uint[] _subleaf = new uint[Capacity];
    private readonly bool[] _anySubleaf = new bool[Capacity];
    private readonly uint[] _values = new uint[Capacity * Registers];

    // Per range of leaves, the number of the first entry of each leaf plus 1; 0 for a leaf that is not there.
    private readonly byte[] _first = new byte[3 * LeavesPerRange];

    // By bits 31, 30 and 4-0 of the number. Entries without a leaf say 0, which is never looked for but in the first.
    private readonly PlainLeaf[] _plain = new PlainLeaf[4 * LeavesPerRange];
    private readonly uint _maximumBasic;
    private readonly uint _maximumExtended;
    private int _count;

    /// <summary>Computes the leaves.</summary>
    /// <param name="host">The processor underneath, Intel or AMD.</param>
    /// <param name="settings">The virtual CPU.</param>
    public CpuidPolicy(ICpuid host, in CpuidSettings settings)
    {
        _host = host;
        _settings = settings;
        CpuidLeaf vendor = host.Read(0, 0);
        IsAmd = vendor.Ebx == 0x6874_7541 || vendor.Ebx == 0x6f67_7948;
        _maximumBasic = vendor.Eax < MaximumBasic ? vendor.Eax : MaximumBasic;
        uint extended = host.Read(ExtendedBase, 0).Eax;
        _maximumExtended = extended < MaximumExtended ? extended : MaximumExtended;
        vendor.Eax = _maximumBasic;
        Add(0, vendor);
        AddBasic();
        AddHypervisor();
        AddExtended();
        Find(1, 0, out CpuidLeaf basic);
        Find(7, 0, out CpuidLeaf structured);
        ControlBits = CpuidFeatures.ControlBits(basic, structured);
    }

    /// <summary>Whether the processor is AMD's (or a descendant).</summary>
    public bool IsAmd { get; }

    /// <summary>Bits of CR4 that a processor with these features has.</summary>
    public ulong ControlBits { get; }

    /// <summary>The answer to CPUID for most leaves, without further questions: if it has the leaf's number. Touches no vector register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly PlainLeaf Plain(uint leaf) => ref _plain[PlaceOf(leaf)];

    /// <summary>The answer to CPUID. Touches no vector register.</summary>
    /// <param name="eax">Leaf.</param>
    /// <param name="ecx">Subleaf.</param>
    /// <param name="cr4">CR4, of which OSXSAVE is shown.</param>
    /// <param name="xcr0">XCR0, which sizes the XSAVE area.</param>
    /// <param name="value">The four registers.</param>
    public void Read(uint eax, uint ecx, ulong cr4, ulong xcr0, out CpuidLeaf value)
    {
        // Beyond the last leaf Intel's processors repeat the last basic one, AMD's answer zeros, as for leaves that are not there.
        if (!IsAmd && eax > (eax >= ExtendedBase ? _maximumExtended : _maximumBasic) && eax - HypervisorBase > 0x10)
            eax = _maximumBasic;
        Find(eax, ecx, out value);
        if (eax == 1 && _settings.ExtendedStates != 0 && (cr4 & Processor.Cr4.OsXsave) != 0)
            value.Ecx |= 1u << 27;
        if (eax == 0xd && ecx == 0)
            value.Ebx = XsaveSize(xcr0);
    }

    private void Find(uint leaf, uint subleaf, out CpuidLeaf value)
    {
        int entry = Locate(leaf, subleaf);
        if (entry < 0)
        {
            value.Eax = value.Ebx = value.Ecx = value.Edx = 0;
            return;
        }

        uint[] values = _values;
        entry *= Registers;
        value.Eax = values[entry];
        value.Ebx = values[entry + 1];
        value.Ecx = values[entry + 2];
        value.Edx = values[entry + 3];
    }

    // Entries of one leaf lie side by side.
    private int Locate(uint leaf, uint subleaf)
    {
        int slot = Slot(leaf);
        if (slot < 0)
            return -1;
        for (int i = _first[slot] - 1; i >= 0 && i < _count && _leaf[i] == leaf; i++)
        {
            if (_anySubleaf[i] || _subleaf[i] == subleaf)
                return i;
        }

        return -1;
    }

    private static int PlaceOf(uint leaf) => (int)((leaf & (LeavesPerRange - 1)) | (leaf >> 25 & (3 * LeavesPerRange)));

    private static int Slot(uint leaf)
    {
        uint range = leaf >> 30;
        uint number = leaf & 0x3fff_ffff;
        return range < 3 && number < LeavesPerRange ? (int)((range * LeavesPerRange) + number) : -1;
    }

    private void Add(uint leaf, in CpuidLeaf value)
    {
        _anySubleaf[_count] = true;
        Add(leaf, 0, value);
        if (leaf != 1 || _settings.ExtendedStates == 0)
            _plain[PlaceOf(leaf)] = new PlainLeaf { Leaf = leaf, Eax = value.Eax, Ebx = value.Ebx, Ecx = value.Ecx, Edx = value.Edx };
    }

    private void Add(uint leaf, uint subleaf, in CpuidLeaf value)
    {
        int slot = Slot(leaf);
        if (_first[slot] == 0)
            _first[slot] = (byte)(_count + 1);
        _leaf[_count] = leaf;
        _subleaf[_count] = subleaf;
        _values[_count * Registers] = value.Eax;
        _values[(_count * Registers) + 1] = value.Ebx;
        _values[(_count * Registers) + 2] = value.Ecx;
        _values[(_count++ * Registers) + 3] = value.Edx;
    }

    private void AddBasic()
    {
        CpuidLeaf host = _host.Read(1, 0);
        bool xsave = _settings.ExtendedStates != 0;
        Add(1, new CpuidLeaf
        {
            Eax = host.Eax,
            // Initial APIC ID, logical processors, CLFLUSH line.
            Ebx = (host.Ebx & 0xffff) | (_settings.Cpus << 16 & 0x00ff_0000) | (_settings.ApicId << 24),
            Ecx = (host.Ecx & (CpuidFeatures.BasicEcx | (xsave ? CpuidFeatures.BasicEcxWithXsave : 0))) | CpuidFeatures.ForcedEcx,
            Edx = (host.Edx & CpuidFeatures.BasicEdx) | (_settings.Cpus > 1 ? 1u << 28 : 0),
        });
        AddCaches();
        if (_maximumBasic >= 7)
        {
            host = _host.Read(7, 0);
            Add(7, 0, new CpuidLeaf
            {
                Ebx = host.Ebx & (CpuidFeatures.StructuredEbx | (xsave ? CpuidFeatures.StructuredEbxWithXsave : 0)),
                Ecx = host.Ecx & (CpuidFeatures.StructuredEcx | (_settings.WideAddresses ? CpuidFeatures.WideAddresses : 0)),
                Edx = host.Edx & CpuidFeatures.StructuredEdx,
            });
        }

        if (_maximumBasic >= 0xb)
            AddTopology();
        if (_maximumBasic >= 0xd && xsave)
            AddXsave();
        if (_maximumBasic >= 0x15 && !IsAmd)
        {
            // TSC = crystal * 1; the crystal is the TSC itself.
            Add(0x15, new CpuidLeaf { Eax = 1, Ebx = 1, Ecx = (uint)_settings.TimestampHertz });
            uint megahertz = (uint)(_settings.TimestampHertz / 1_000_000);
            Add(0x16, new CpuidLeaf { Eax = megahertz, Ebx = megahertz, Ecx = 100 });
        }
    }

    // Caches as the processor has them, each shared by one virtual CPU only.
    private void AddCaches()
    {
        const uint SharingMask = 0xffff_c000;
        if (IsAmd)
            return;
        Add(2, _host.Read(2, 0));
        for (uint i = 0; i < 4 && _maximumBasic >= 4; i++)
        {
            CpuidLeaf leaf = _host.Read(4, i);
            leaf.Eax &= ~SharingMask;
            if ((leaf.Eax & 0x1f) == 0)
                break;
            Add(4, i, leaf);
        }
    }

    // One thread per core, all cores in one package.
    private void AddTopology()
    {
        int bits = 0;
        while (1u << bits < _settings.Cpus)
            bits++;
        Add(0xb, 0, new CpuidLeaf { Eax = 0, Ebx = 1, Ecx = 1 << 8, Edx = _settings.ApicId });
        Add(0xb, 1, new CpuidLeaf { Eax = (uint)bits, Ebx = _settings.Cpus, Ecx = 1 | (2 << 8), Edx = _settings.ApicId });
    }

    private void AddXsave()
    {
        const uint CompactForms = 1 << 0 | 1 << 2;
        Add(0xd, 0, new CpuidLeaf
        {
            Eax = (uint)_settings.ExtendedStates,
            Ecx = XsaveSize(_settings.ExtendedStates),
            Edx = (uint)(_settings.ExtendedStates >> 32),
        });
        Add(0xd, 1, new CpuidLeaf { Eax = _host.Read(0xd, 1).Eax & CompactForms });
        for (uint i = 2; i < 10; i++)
        {
            if ((_settings.ExtendedStates & (1ul << (int)i)) == 0)
                continue;
            CpuidLeaf leaf = _host.Read(0xd, i);
            leaf.Ecx = 0;
            leaf.Edx = 0;
            Add(0xd, i, leaf);
        }
    }

    private uint XsaveSize(ulong states)
    {
        // Legacy area and header.
        uint size = 512 + 64;
        for (uint i = 2; i < 10; i++)
        {
            if ((states & (1ul << (int)i)) == 0)
                continue;
            Find(0xd, i, out CpuidLeaf leaf);
            if (leaf.Eax == 0)
                leaf = _host.Read(0xd, i);
            size = leaf.Ebx + leaf.Eax > size ? leaf.Ebx + leaf.Eax : size;
        }

        return size;
    }

    // The signature that Linux looks for to use its paravirtual clock, and the frequencies.
    private void AddHypervisor()
    {
        Add(HypervisorBase, new CpuidLeaf { Eax = Timing, Ebx = 0x4b4d_564b, Ecx = 0x564b_4d56, Edx = 0x4d });
        Add(KvmFeatures, new CpuidLeaf { Eax = CpuidFeatures.Paravirtual | (_settings.ParavirtualEnd ? CpuidFeatures.ParavirtualEnd : 0) });
        Add(Timing, new CpuidLeaf { Eax = (uint)(_settings.TimestampHertz / 1000), Ebx = 1_000_000 });
    }

    private void AddExtended()
    {
        Add(ExtendedBase, new CpuidLeaf { Eax = _maximumExtended, Ebx = 0, Ecx = 0, Edx = 0 });
        CpuidLeaf host = _host.Read(0x8000_0001, 0);
        Add(0x8000_0001, new CpuidLeaf
        {
            Eax = IsAmd ? host.Eax : 0,
            Ecx = host.Ecx & CpuidFeatures.ExtendedEcx,
            Edx = host.Edx & (CpuidFeatures.ExtendedEdx | (IsAmd ? CpuidFeatures.BasicEdx & 0x0183_f3ff : 0)
                | (_settings.HugePages ? 1u << 26 : 0)),
        });
        for (uint leaf = 0x8000_0002; leaf <= 0x8000_0006 && leaf <= _maximumExtended; leaf++)
            Add(leaf, _host.Read(leaf, 0));
        if (_maximumExtended >= 0x8000_0007)
            // The time stamp counter is invariant: its frequency never changes and it does not stop.
            Add(0x8000_0007, new CpuidLeaf { Edx = 1 << 8 });
        if (_maximumExtended >= 0x8000_0008)
        {
            host = _host.Read(0x8000_0008, 0);
            uint cores = IsAmd ? _settings.Cpus - 1 : 0;
            Add(0x8000_0008, new CpuidLeaf { Eax = (host.Eax & 0xff00) | (uint)_settings.PhysicalAddressBits, Ecx = cores });
        }
    }
}
