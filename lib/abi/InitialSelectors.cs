namespace Kilonova.Abi;

// Where the capabilities that exist at boot lie. NOVA interface specification of 24 January 2024, sections 6.1.3.1 and 6.2.3.1.
// The specification counts down from SELNUM, which the HIP conveys: selector = SELNUM - distance.

/// <summary>Distances below SELNUM in the root object space, section 6.2.3.1.</summary>
public static class RootObjectSpace
{
    /// <summary>The NOVA object space, permission TAKE.</summary>
    public const ulong NovaObjectSpace = 1;

    /// <summary>The root object space, all defined permissions.</summary>
    public const ulong ObjectSpace = 2;

    /// <summary>The root protection domain, all defined permissions.</summary>
    public const ulong ProtectionDomain = 3;

    /// <summary>The root execution context, all defined permissions.</summary>
    public const ulong ExecutionContext = 4;

    /// <summary>The root scheduling context, all defined permissions.</summary>
    public const ulong SchedulingContext = 5;
}

/// <summary>Distances below SELNUM in the NOVA object space, section 6.1.3.1.</summary>
public static class NovaObjectSpace
{
    /// <summary>The semaphore that signals each line of the memory-buffer console, all defined permissions.</summary>
    public const ulong ConsoleSemaphore = 1;

    /// <summary>The NOVA object space, permission TAKE.</summary>
    public const ulong ObjectSpace = 2;

    /// <summary>The NOVA host space, permission TAKE.</summary>
    public const ulong HostSpace = 3;

    /// <summary>The NOVA port space, permission TAKE.</summary>
    public const ulong PioSpace = 4;

    /// <summary>The NOVA MSR space, permission TAKE.</summary>
    public const ulong MsrSpace = 5;

    /// <summary>The root object space, all defined permissions.</summary>
    public const ulong RootObjectSpace = 6;

    /// <summary>The root host space, all defined permissions.</summary>
    public const ulong RootHostSpace = 7;

    /// <summary>The root port space, all defined permissions.</summary>
    public const ulong RootPioSpace = 8;

    /// <summary>A selector, no distance: the first interrupt semaphore (pins, then messages): permissions ASSIGN and CTRL_DN.</summary>
    public const ulong InterruptSemaphores = 0x10000;

    /// <summary>Not a distance but a selector: the first CPU's idle scheduling context, permission CTRL.</summary>
    public const ulong IdleSchedulingContexts = 0;
}

/// <summary>State in which the root execution context and scheduling context start, section 6.2.</summary>
public static class RootContext
{
    /// <summary>SELEVT of the root execution context.</summary>
    public const ulong EventSelectorBase = 0;

    /// <summary>Class of service of the root scheduling context.</summary>
    public const uint ClassOfService = 0;

    /// <summary>Budget of the root scheduling context in milliseconds. Its priority is the highest.</summary>
    public const uint BudgetMilliseconds = 1000;
}
