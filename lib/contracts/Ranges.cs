// Capabilities as parameters: naturally aligned ranges of 2^order selectors, pages or ports, in one word so that they stay in registers.
namespace Kilonova.Contracts;

/// <summary>Object capabilities. The sender names its own; the receiver finds its own.</summary>
public readonly struct ObjectRange
{
    private readonly ulong _bits;

    /// <summary>Names capabilities to pass on.</summary>
    /// <param name="selector">First selector, a multiple of 2^order.</param>
    /// <param name="order">0 to 31: 2^order selectors.</param>
    /// <param name="permissions">Mask of the permissions to pass on.</param>
    public ObjectRange(ulong selector, int order = 0, uint permissions = ItemWord.AllPermissions) =>
        _bits = ItemWord.Range(selector, order, permissions);

    private ObjectRange(ulong bits) => _bits = bits;

    /// <summary>First selector.</summary>
    public ulong Selector => ItemWord.Base(_bits);

    /// <summary>2^order selectors.</summary>
    public int Order => ItemWord.Order(_bits);

    /// <summary>Permissions to pass on, or that arrived.</summary>
    public uint Permissions => ItemWord.Permissions(_bits);

    /// <summary>For generated code: the range in one word.</summary>
    public ulong ToBits() => _bits;

    /// <summary>For generated code: the range from one word.</summary>
    public static ObjectRange FromBits(ulong bits) => new(bits);
}

/// <summary>Pages of memory. The sender names its own page numbers; the receiver finds its own.</summary>
public readonly struct MemoryRange
{
    private readonly ulong _bits;

    /// <summary>Names pages to pass on.</summary>
    /// <param name="page">First page number (address divided by 4096), a multiple of 2^order.</param>
    /// <param name="order">0 to 31: 2^order pages.</param>
    /// <param name="permissions">Mask of the permissions to pass on.</param>
    public MemoryRange(ulong page, int order = 0, uint permissions = ItemWord.AllPermissions) =>
        _bits = ItemWord.Range(page, order, permissions);

    private MemoryRange(ulong bits) => _bits = bits;

    /// <summary>First page number.</summary>
    public ulong Page => ItemWord.Base(_bits);

    /// <summary>2^order pages.</summary>
    public int Order => ItemWord.Order(_bits);

    /// <summary>Permissions to pass on, or that arrived.</summary>
    public uint Permissions => ItemWord.Permissions(_bits);

    /// <summary>For generated code: the range in one word.</summary>
    public ulong ToBits() => _bits;

    /// <summary>For generated code: the range from one word.</summary>
    public static MemoryRange FromBits(ulong bits) => new(bits);
}

/// <summary>I/O ports, the same numbers on both sides.</summary>
public readonly struct PortRange
{
    private readonly ulong _bits;

    /// <summary>Names ports to pass on.</summary>
    /// <param name="port">First port, a multiple of 2^order.</param>
    /// <param name="order">0 to 16: 2^order ports.</param>
    /// <param name="permissions">Mask of the permissions to pass on.</param>
    public PortRange(ushort port, int order = 0, uint permissions = ItemWord.AllPermissions) =>
        _bits = ItemWord.Range(port, order, permissions);

    private PortRange(ulong bits) => _bits = bits;

    /// <summary>First port.</summary>
    public ulong Port => ItemWord.Base(_bits);

    /// <summary>2^order ports.</summary>
    public int Order => ItemWord.Order(_bits);

    /// <summary>Permissions to pass on, or that arrived.</summary>
    public uint Permissions => ItemWord.Permissions(_bits);

    /// <summary>For generated code: the range in one word.</summary>
    public ulong ToBits() => _bits;

    /// <summary>For generated code: the range from one word.</summary>
    public static PortRange FromBits(ulong bits) => new(bits);
}
