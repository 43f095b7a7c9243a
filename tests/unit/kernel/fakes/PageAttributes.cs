namespace Kilonova.Kernel;

public static class PageAttributes
{
    public const ulong Present = 1ul << 0;
    public const ulong Writable = 1ul << 1;
    public const ulong User = 1ul << 2;
    public const ulong WriteThrough = 1ul << 3;
    public const ulong CacheDisable = 1ul << 4;
    public const ulong Large = 1ul << 7;
    public const ulong NoExecute = 1ul << 63;
    public const ulong AddressMask = 0x000f_ffff_ffff_f000;
}
