namespace Kilonova.Kernel;

/// <summary>What the 256 interrupt vectors of each CPU are used for.</summary>
public static class Vectors
{
    /// <summary>Vectors below are exceptions.</summary>
    public const byte Exceptions = 0x20;

    /// <summary>First and last vector of devices: allocated per CPU.</summary>
    public const byte FirstDevice = 0x20;
    public const byte LastDevice = 0xef;

    /// <summary>An IOMMU has recorded a fault.</summary>
    public const byte Iommu = 0xfa;

    /// <summary>Local APIC error.</summary>
    public const byte Error = 0xfb;

    /// <summary>Another CPU has left requests (RemoteQueue), wants a TLB flushed or a grace period to end.</summary>
    public const byte Remote = 0xfc;

    /// <summary>The local timer.</summary>
    public const byte Timer = 0xfe;

    /// <summary>Spurious interrupt of the local APIC: needs no end of interrupt.</summary>
    public const byte Spurious = 0xff;
}

/// <summary>For each vector of one CPU the number of its interrupt plus 1; 0 if the vector is free.</summary>
[InlineArray(256)]
public struct VectorMap
{
    private ushort _first;
}
