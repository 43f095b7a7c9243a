namespace Kilonova.Kernel;

/// <summary>
/// What the CPUs can do (SDM volume 2, CPUID; APM volume 3, appendix E), and the control register bits that follow from it. Detected on
/// the boot CPU; the others must be its equals.
/// </summary>
public static unsafe class CpuFeatures
{
    private const ulong Cr4Pae = 1ul << 5;
    private const ulong Cr4Mce = 1ul << 6;
    private const ulong Cr4Pge = 1ul << 7;
    private const ulong Cr4Osfxsr = 1ul << 9;
    private const ulong Cr4Osxmmexcpt = 1ul << 10;
    private const ulong Cr4Umip = 1ul << 11;
    private const ulong Cr4Pcide = 1ul << 17;
    private const ulong Cr4Osxsave = 1ul << 18;
    private const ulong Cr4Smep = 1ul << 20;
    private const ulong Cr4Smap = 1ul << 21;

    private const ulong EferSce = 1ul << 0;
    private const ulong EferLme = 1ul << 8;
    private const ulong EferNxe = 1ul << 11;

    private static uint s_leaf1Ecx;
    private static uint s_leaf1Edx;
    private static uint s_leaf7Ebx;
    private static uint s_leaf7Ecx;
    private static uint s_leaf80000001Edx;
    private static uint s_leaf80000001Ecx;

    /// <summary>Last basic and last extended leaf of CPUID.</summary>
    public static uint LastLeaf { get; private set; }
    public static uint LastExtendedLeaf { get; private set; }

    public static bool IsIntel { get; private set; }
    public static bool IsAmd { get; private set; }

    /// <summary>Display family and model, and stepping.</summary>
    public static uint Family { get; private set; }
    public static uint Model { get; private set; }
    public static uint Stepping { get; private set; }

    /// <summary>Number of bits of a physical address.</summary>
    public static uint PhysicalBits { get; private set; }

    public static bool HasPcid => (s_leaf1Ecx & (1u << 17)) != 0;
    public static bool HasVmx => (s_leaf1Ecx & (1u << 5)) != 0;
    public static bool HasX2Apic => (s_leaf1Ecx & (1u << 21)) != 0;
    public static bool HasTscDeadline => (s_leaf1Ecx & (1u << 24)) != 0;
    public static bool HasXsave => (s_leaf1Ecx & (1u << 26)) != 0;
    public static bool HasHypervisor => (s_leaf1Ecx & (1u << 31)) != 0;
    public static bool HasMachineCheck => (s_leaf1Edx & ((1u << 7) | (1u << 14))) == ((1u << 7) | (1u << 14));
    public static bool HasGlobalPages => (s_leaf1Edx & (1u << 13)) != 0;
    public static bool HasPat => (s_leaf1Edx & (1u << 16)) != 0;
    public static bool HasTscAdjust => (s_leaf7Ebx & (1u << 1)) != 0;
    public static bool HasSmep => (s_leaf7Ebx & (1u << 7)) != 0;
    public static bool HasSmap => (s_leaf7Ebx & (1u << 20)) != 0;
    public static bool HasUmip => (s_leaf7Ecx & (1u << 2)) != 0;
    public static bool HasTscAux => (s_leaf80000001Edx & (1u << 27)) != 0;
    public static bool HasSvm => (s_leaf80000001Ecx & (1u << 2)) != 0;
    public static bool HasLargestPages => (s_leaf80000001Edx & (1u << 26)) != 0;

    /// <summary>Whether the TSC runs at a constant rate in all power states.</summary>
    public static bool HasInvariantTsc { get; private set; }

    /// <summary>State components that XCR0 may enable (CPUID.D.0).</summary>
    public static ulong XsaveComponents { get; private set; }

    /// <summary>Bytes of the XSAVE area for the components that XCR0 enables at present (CPUID.D.0:EBX).</summary>
    public static uint EnabledXsaveSize
    {
        get
        {
            Cpuid leaf;
            Cpuid.Read(0xd, 0, &leaf);
            return leaf.Ebx;
        }
    }

    /// <summary>CR4 as every CPU has it.</summary>
    public static ulong Cr4 { get; private set; }

    /// <summary>IA32_EFER as every CPU has it, without LMA, which the CPU sets itself.</summary>
    public static ulong Efer => EferSce | EferLme | EferNxe;

    /// <summary>Boot CPU, first thing: everything else asks here.</summary>
    public static void Detect()
    {
        Cpuid leaf;
        Cpuid.Read(0, 0, &leaf);
        LastLeaf = leaf.Eax;
        IsIntel = leaf.Ebx == 0x756e_6547 && leaf.Edx == 0x4965_6e69 && leaf.Ecx == 0x6c65_746e;
        IsAmd = leaf.Ebx == 0x6874_7541 && leaf.Edx == 0x6974_6e65 && leaf.Ecx == 0x444d_4163;
        Cpuid.Read(0x8000_0000, 0, &leaf);
        LastExtendedLeaf = leaf.Eax;

        Identify(1, &leaf);
        DetectModel(leaf.Eax);
        s_leaf1Ecx = leaf.Ecx;
        s_leaf1Edx = leaf.Edx;
        Identify(7, &leaf);
        s_leaf7Ebx = leaf.Ebx;
        s_leaf7Ecx = leaf.Ecx;
        if (HasXsave)
        {
            Identify(0xd, &leaf);
            XsaveComponents = leaf.Eax | ((ulong)leaf.Edx << 32);
        }

        Identify(0x8000_0001, &leaf);
        s_leaf80000001Edx = leaf.Edx;
        s_leaf80000001Ecx = leaf.Ecx;
        Identify(0x8000_0007, &leaf);
        HasInvariantTsc = (leaf.Edx & (1u << 8)) != 0;
        Identify(0x8000_0008, &leaf);
        PhysicalBits = leaf.Eax != 0 ? leaf.Eax & 0xff : 36;

        Cr4 = Cr4Pae | Cr4Osfxsr | Cr4Osxmmexcpt
            | (HasMachineCheck ? Cr4Mce : 0)
            | (HasGlobalPages ? Cr4Pge : 0)
            | (HasUmip ? Cr4Umip : 0)
            | (HasPcid ? Cr4Pcide : 0)
            | (HasXsave ? Cr4Osxsave : 0)
            | (HasSmep ? Cr4Smep : 0)
            | (HasSmap ? Cr4Smap : 0);
    }

    /// <summary>The first subleaf of a leaf of CPUID; all 0 if the CPU has no such leaf.</summary>
    public static void Identify(uint leaf, Cpuid* result)
    {
        Cpuid.Read(leaf, 0, result);
        if (leaf > (leaf < 0x8000_0000 ? LastLeaf : LastExtendedLeaf))
        {
            result->Eax = 0;
            result->Ebx = 0;
            result->Ecx = 0;
            result->Edx = 0;
        }
    }

    /// <summary>Whether the CPU that executes this offers everything that was enabled on the boot CPU.</summary>
    public static bool IsEqual()
    {
        Cpuid leaf;
        Identify(1, &leaf);
        const uint Leaf1Ecx = (1u << 5) | (1u << 17) | (1u << 21) | (1u << 24) | (1u << 26);
        bool equal = (leaf.Ecx & Leaf1Ecx) == (s_leaf1Ecx & Leaf1Ecx);
        Identify(7, &leaf);
        const uint Leaf7Ebx = (1u << 7) | (1u << 10) | (1u << 20);
        equal &= (leaf.Ebx & Leaf7Ebx) == (s_leaf7Ebx & Leaf7Ebx) && ((leaf.Ecx ^ s_leaf7Ecx) & (1u << 2)) == 0;
        Identify(0x8000_0001, &leaf);
        const uint Leaf80000001Edx = (1u << 20) | (1u << 26) | (1u << 27);
        equal &= ((leaf.Ecx ^ s_leaf80000001Ecx) & (1u << 2)) == 0;
        return equal && ((leaf.Edx ^ s_leaf80000001Edx) & Leaf80000001Edx) == 0;
    }

    /// <summary>Every CPU, once it runs on the kernel's page tables with a CR3 whose low 12 bits are 0.</summary>
    public static void Enable()
    {
        Msr.Write(Msr.IA32_EFER, Efer | Speculation.Efer | (Msr.Read(Msr.IA32_EFER) & (1ul << 10)));
        Speculation.Enable();
        Cr.WriteCr4(Cr4);
        if (HasPat)
            Msr.Write(Msr.IA32_PAT, PageAttributes.Pat);
    }

    private static void DetectModel(uint signature)
    {
        Stepping = signature & 0xf;
        Family = (signature >> 8) & 0xf;
        Model = (signature >> 4) & 0xf;
        if (Family is 6 or 15)
            Model |= (signature >> 12) & 0xf0;

        if (Family == 15)
            Family += (signature >> 20) & 0xff;
    }
}
