namespace Kilonova.Kernel;

/// <summary>Bits of a page table entry (SDM volume 3, section 4.5).</summary>
public static class PageAttributes
{
    public const ulong Present = 1ul << 0;
    public const ulong Writable = 1ul << 1;
    public const ulong User = 1ul << 2;
    public const ulong WriteThrough = 1ul << 3;
    public const ulong CacheDisable = 1ul << 4;
    public const ulong Large = 1ul << 7;
    public const ulong Global = 1ul << 8;
    public const ulong NoExecute = 1ul << 63;
    public const ulong AddressMask = 0x000f_ffff_ffff_f000;

    /// <summary>Uncacheable: slot 3 of the PAT.</summary>
    public const ulong Uncacheable = WriteThrough | CacheDisable;

    /// <summary>
    /// IA32_PAT. Slots 0 to 3 are as after reset: WB, WT, UC-, UC; then WC, WP, UC-, UC. An entry selects a slot by its PAT bit (bit 7 of
    /// 4 KiB pages, bit 12 of larger ones), PCD and PWT.
    /// </summary>
    public const ulong Pat = 0x0007_0501_0007_0406;

    /// <summary>Memory of the kernel: writable, or not; never executable.</summary>
    public const ulong KernelData = Present | Writable | Global | NoExecute;
    public const ulong KernelConstant = Present | Global | NoExecute;
    public const ulong KernelCode = Present | Global;
    public const ulong KernelMmio = Present | Writable | Global | NoExecute | Uncacheable;
}
