namespace Kilonova.Abi;

/// <summary>The user thread control block in regular layout, NOVA interface specification of 24 January 2024, section 4.3.1.</summary>
public static class Utcb
{
    /// <summary>Size in bytes: one page.</summary>
    public const int Size = 4096;

    /// <summary>Number of 64-bit message words; word 0 lies at offset 0.</summary>
    public const int Words = 512;
}

/// <summary>The message transfer descriptor of regular IPC, section 4.4.1.</summary>
public static class RegularMtd
{
    /// <summary>Bits 8-0: number of message words minus 1. Bits 31-9 are ignored and never carry an extension.</summary>
    public const uint WordsMinusOneMask = 0x1ff;
}
