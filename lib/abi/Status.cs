namespace Kilonova.Abi;

/// <summary>Status codes in bits 7-0 of RDI, NOVA interface specification of 24 January 2024, section 5.1.2.</summary>
public enum Status : uint
{
    /// <summary>Operation successful.</summary>
    SUCCESS = 0x0,

    /// <summary>Operation timeout.</summary>
    TIMEOUT = 0x1,

    /// <summary>Operation abort.</summary>
    ABORTED = 0x2,

    /// <summary>Operation overflow.</summary>
    OVRFLOW = 0x3,

    /// <summary>Invalid hypercall.</summary>
    BAD_HYP = 0x4,

    /// <summary>Invalid capability.</summary>
    BAD_CAP = 0x5,

    /// <summary>Invalid parameter.</summary>
    BAD_PAR = 0x6,

    /// <summary>Invalid feature.</summary>
    BAD_FTR = 0x7,

    /// <summary>Invalid CPU number.</summary>
    BAD_CPU = 0x8,

    /// <summary>Invalid device.</summary>
    BAD_DEV = 0x9,

    /// <summary>Insufficient memory to create an object.</summary>
    MEM_OBJ = 0xa,

    /// <summary>Insufficient memory to create a capability.</summary>
    MEM_CAP = 0xb,
}
