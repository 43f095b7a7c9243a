namespace Kilonova.Runtime;

/// <summary>
/// Where a root task keeps its capabilities. SELEVT of the root thread is 0 (NOVA interface specification of 24 January 2024, section 6.2), so
/// the lowest selectors are its events.
/// </summary>
public static class RootSelectors
{
    /// <summary>Event portals of the boot CPU.</summary>
    public const ulong BootEvents = 0;

    /// <summary>The NOVA host space: physical memory.</summary>
    public const ulong NovaHostSpace = 0x40;

    /// <summary>The NOVA port space.</summary>
    public const ulong NovaPioSpace = 0x41;

    /// <summary>The NOVA MSR space.</summary>
    public const ulong NovaMsrSpace = 0x42;

    /// <summary>The root task's own host space.</summary>
    public const ulong HostSpace = 0x43;

    /// <summary>The root task's own port space.</summary>
    public const ulong PioSpace = 0x44;

    /// <summary>The semaphore of the kernel's console.</summary>
    public const ulong ConsoleSemaphore = 0x45;

    /// <summary>A semaphore that nobody ups.</summary>
    public const ulong Never = 0x46;

    /// <summary>Handler thread of the boot CPU's events.</summary>
    public const ulong BootHandler = 0x47;

    /// <summary>Selectors that stay empty: events of handler threads, which nobody answers for.</summary>
    public const ulong NoEvents = 0x80;

    /// <summary>First selector of the allocator.</summary>
    public const ulong FirstFree = 0x100;

    /// <summary>Words of the allocator's bitmap.</summary>
    public const int FreeWords = 256;
}
