namespace Kilonova.Nic;

/// <summary>Controllers that the driver knows, told apart by where they differ.</summary>
public enum NicModel : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>82540EM. PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual, revision 4.0.</summary>
    I82540,

    /// <summary>82574L. 82574 GbE Controller Family Datasheet, revision 3.4.</summary>
    I82574,

    /// <summary>82576. 82576EB Gigabit Ethernet Controller Datasheet, revision 2.63.</summary>
    I82576,
}

/// <summary>Which controller a PCI function is.</summary>
public static class NicModels
{
    private const ushort Intel = 0x8086;

    /// <summary>The model of a function; None for one that the driver does not know.</summary>
    public static NicModel Of(ushort vendor, ushort device) => vendor != Intel ? NicModel.None : device switch
    {
        0x100e => NicModel.I82540,
        0x10d3 => NicModel.I82574,
        0x10c9 => NicModel.I82576,
        _ => NicModel.None,
    };
}
