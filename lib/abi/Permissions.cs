using System;

namespace Kilonova.Abi;

// The five permission bits of each capability type, NOVA interface specification of 24 January 2024, section 4.1.

/// <summary>Permissions of a capability for an object, host, guest, DMA, port or MSR space, sections 4.1.2.1 to 4.1.2.6.</summary>
[Flags]
public enum SpacePermissions : uint
{
    /// <summary>No permission.</summary>
    None = 0,

    /// <summary>ctrl_pd may use the space as destination.</summary>
    GRANT = 1 << 0,

    /// <summary>ctrl_pd may use the space as source; revoke and lookup may name it. Object, host, port and MSR spaces only.</summary>
    TAKE = 1 << 1,

    /// <summary>ipc_reply may assign a virtual CPU (guest, port, MSR spaces), assign_dev a device (DMA spaces).</summary>
    ASSIGN = 1 << 2,
}

/// <summary>Permissions of a protection domain capability, section 4.1.2.7.</summary>
[Flags]
public enum PdPermissions : uint
{
    /// <summary>No permission.</summary>
    None = 0,

    /// <summary>create_pd permitted; moving kernel memory quota too.</summary>
    PD = 1 << 0,

    /// <summary>create_ec permitted.</summary>
    EC = 1 << 1,

    /// <summary>create_sc permitted.</summary>
    SC = 1 << 2,

    /// <summary>create_pt permitted.</summary>
    PT = 1 << 3,

    /// <summary>create_sm permitted.</summary>
    SM = 1 << 4,

    /// <summary>All five; kill needs them.</summary>
    All = PD | EC | SC | PT | SM,
}

/// <summary>Permissions of an execution context capability, section 4.1.2.8.</summary>
[Flags]
public enum EcPermissions : uint
{
    /// <summary>No permission.</summary>
    None = 0,

    /// <summary>ctrl_ec permitted.</summary>
    CTRL = 1 << 0,

    /// <summary>create_pt may bind a portal.</summary>
    BIND_PT = 1 << 2,

    /// <summary>create_sc may bind a scheduling context.</summary>
    BIND_SC = 1 << 3,

    /// <summary>All defined permissions.</summary>
    All = CTRL | BIND_PT | BIND_SC,
}

/// <summary>Permissions of a scheduling context capability, section 4.1.2.9.</summary>
[Flags]
public enum ScPermissions : uint
{
    /// <summary>No permission.</summary>
    None = 0,

    /// <summary>ctrl_sc permitted.</summary>
    CTRL = 1 << 0,
}

/// <summary>Permissions of a portal capability, section 4.1.2.10.</summary>
[Flags]
public enum PtPermissions : uint
{
    /// <summary>No permission.</summary>
    None = 0,

    /// <summary>ctrl_pt permitted.</summary>
    CTRL = 1 << 0,

    /// <summary>ipc_call permitted.</summary>
    CALL = 1 << 1,

    /// <summary>Delivery of events permitted.</summary>
    EVENT = 1 << 2,

    /// <summary>All defined permissions.</summary>
    All = CTRL | CALL | EVENT,
}

/// <summary>Permissions of a semaphore capability, section 4.1.2.11.</summary>
[Flags]
public enum SmPermissions : uint
{
    /// <summary>No permission.</summary>
    None = 0,

    /// <summary>ctrl_sm up permitted.</summary>
    CTRL_UP = 1 << 0,

    /// <summary>ctrl_sm down permitted.</summary>
    CTRL_DN = 1 << 1,

    /// <summary>assign_int permitted; defined for interrupt semaphores only.</summary>
    ASSIGN = 1 << 4,
}

/// <summary>Permissions of a device context, an extension: <see cref="DeviceOperation"/>.</summary>
[Flags]
public enum DevicePermissions : uint
{
    /// <summary>No permission.</summary>
    None = 0,

    /// <summary>The devices may be put into DMA spaces, and their faults watched.</summary>
    DMA = 1 << 0,

    /// <summary>Interrupts of the devices may be attached.</summary>
    INT = 1 << 1,

    /// <summary>All defined permissions.</summary>
    All = DMA | INT,
}

/// <summary>Permissions of a memory capability, section 4.1.3.</summary>
[Flags]
public enum MemoryPermissions : uint
{
    /// <summary>No permission: a null capability.</summary>
    None = 0,

    /// <summary>Readable.</summary>
    R = 1 << 0,

    /// <summary>Writable.</summary>
    W = 1 << 1,

    /// <summary>Executable in user mode.</summary>
    XU = 1 << 2,

    /// <summary>Executable in supervisor mode.</summary>
    XS = 1 << 3,

    /// <summary>All defined permissions.</summary>
    All = R | W | XU | XS,
}

/// <summary>Permissions of a port capability, section 4.1.4.</summary>
[Flags]
public enum PioPermissions : uint
{
    /// <summary>No permission.</summary>
    None = 0,

    /// <summary>The port may be accessed by IN and OUT.</summary>
    A = 1 << 0,
}

/// <summary>Permissions of an MSR capability, section 4.1.5.</summary>
[Flags]
public enum MsrPermissions : uint
{
    /// <summary>No permission.</summary>
    None = 0,

    /// <summary>RDMSR permitted.</summary>
    R = 1 << 0,

    /// <summary>WRMSR permitted.</summary>
    W = 1 << 1,
}
