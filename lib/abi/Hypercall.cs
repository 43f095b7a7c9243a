namespace Kilonova.Abi;

// The hypercall identifier: number in bits 3-0, flags in bits 7-4 of RDI; the first selector lies above it.
// NOVA interface specification of 24 January 2024, sections 5.1.1 and 8.8.

/// <summary>Hypercall numbers, section 5.1.1.</summary>
public enum Hypercall : uint
{
    /// <summary>Send a message through a portal and wait for the reply, section 5.2.1.</summary>
    ipc_call = 0x0,

    /// <summary>Reply to the caller and wait for the next message, section 5.2.2.</summary>
    ipc_reply = 0x1,

    /// <summary>Create a protection domain or a space, section 5.3.1.</summary>
    create_pd = 0x2,

    /// <summary>Create an execution context, section 5.3.2.</summary>
    create_ec = 0x3,

    /// <summary>Create a scheduling context, section 5.3.3.</summary>
    create_sc = 0x4,

    /// <summary>Create a portal, section 5.3.4.</summary>
    create_pt = 0x5,

    /// <summary>Create a semaphore, section 5.3.5.</summary>
    create_sm = 0x6,

    /// <summary>Delegate capabilities from space to space, section 5.4.1.</summary>
    ctrl_pd = 0x7,

    /// <summary>Recall an execution context, section 5.4.2.</summary>
    ctrl_ec = 0x8,

    /// <summary>Read the time a scheduling context has consumed, section 5.4.3.</summary>
    ctrl_sc = 0x9,

    /// <summary>Set a portal's identifier and message transfer descriptor, section 5.4.4.</summary>
    ctrl_pt = 0xa,

    /// <summary>Semaphore up and down, section 5.4.5.</summary>
    ctrl_sm = 0xb,

    /// <summary>Power states and quality of service, root domain only, section 5.5.1.</summary>
    ctrl_hw = 0xc,

    /// <summary>Route an interrupt, section 5.5.2.</summary>
    assign_int = 0xd,

    /// <summary>Put a device into a DMA space, root domain only, section 5.5.3.</summary>
    assign_dev = 0xe,

    /// <summary>Extensions; the flags hold an <see cref="ExtensionOperation"/>. Reserved in the specification.</summary>
    extension = 0xf,
}

/// <summary>Fields of the parameter registers, section 8.8.</summary>
public static class HypercallRegister
{
    /// <summary>RDI: the hypercall number, bits 3-0.</summary>
    public const ulong NumberMask = 0xf;

    /// <summary>RDI: position of the flags, bits 7-4.</summary>
    public const int FlagsShift = 4;

    /// <summary>RDI: the flags after shifting.</summary>
    public const ulong FlagsMask = 0xf;

    /// <summary>RDI: position of the first selector, or of the descriptor of <see cref="Hypercall.ctrl_hw"/>, bits 63-8.</summary>
    public const int SelectorShift = 8;

    /// <summary>RDI on return: the status, bits 7-0. The bits above are undefined.</summary>
    public const ulong StatusMask = 0xff;

    /// <summary>Position of a page number or a selector base in RDX and RAX, bits 63-12 (create_ec, ctrl_pd, assign_dev).</summary>
    public const int BaseShift = 12;

    /// <summary>RDX of create_ec: the CPU number, bits 11-0.</summary>
    public const ulong CpuMask = 0xfff;

    /// <summary>RDX of ctrl_pd: the order, bits 4-0.</summary>
    public const ulong OrderMask = 0x1f;

    /// <summary>RAX of ctrl_pd: the permission mask, bits 4-0.</summary>
    public const ulong PermissionMask = 0x1f;

    /// <summary>RDX of assign_int: the device's bus, device and function, bits 15-0.</summary>
    public const ulong DeviceMask = 0xffff;

    /// <summary>R11 after every hypercall: RFLAGS of user mode with interrupts enabled.</summary>
    public const ulong Rflags = 0x202;
}

/// <summary>Flags of <see cref="Hypercall.ipc_call"/>, section 5.2.1, bits 1 and 2 are extensions.</summary>
public static class IpcCallFlags
{
    /// <summary>T: fail with TIMEOUT instead of helping a busy callee.</summary>
    public const uint Timeout = 1 << 0;

    /// <summary>Extension: RDX holds the number of typed items in the sender's UTCB.</summary>
    public const uint Items = 1 << 1;

    /// <summary>Extension: RAX, R8 and R9 hold the window for the reply's items, see <see cref="ReceiveWindow"/>.</summary>
    public const uint Window = 1 << 2;
}

/// <summary>Flags of <see cref="Hypercall.ipc_reply"/>; none in section 5.2.2, both are extensions.</summary>
public static class IpcReplyFlags
{
    /// <summary>Extension: RDX holds the number of typed items in the sender's UTCB.</summary>
    public const uint Items = 1 << 0;

    /// <summary>Extension: RAX, R8 and R9 hold the window for the next call's items, see <see cref="ReceiveWindow"/>.</summary>
    public const uint Window = 1 << 1;
}

/// <summary>Operations in the flags of <see cref="Hypercall.create_pd"/>, section 5.3.1.</summary>
public enum CreatePdOperation : uint
{
    /// <summary>A protection domain.</summary>
    ProtectionDomain = 0,

    /// <summary>The domain's object space.</summary>
    ObjectSpace = 1,

    /// <summary>The domain's host space.</summary>
    HostSpace = 2,

    /// <summary>A guest space.</summary>
    GuestSpace = 3,

    /// <summary>A DMA space.</summary>
    DmaSpace = 4,

    /// <summary>A port I/O space.</summary>
    PioSpace = 5,

    /// <summary>A space of model-specific registers.</summary>
    MsrSpace = 6,
}

/// <summary>Flags of <see cref="Hypercall.create_ec"/>, section 5.3.2.</summary>
public static class CreateEcFlags
{
    /// <summary>G: a guest execution context (virtual CPU) instead of a host one.</summary>
    public const uint Guest = 1 << 0;

    /// <summary>T: for a host EC a global thread, for a guest EC time offsetting.</summary>
    public const uint Time = 1 << 1;

    /// <summary>F: the EC may use the FPU.</summary>
    public const uint Fpu = 1 << 2;
}

/// <summary>Flags of <see cref="Hypercall.ctrl_ec"/>, section 5.4.2.</summary>
public static class CtrlEcFlags
{
    /// <summary>S: return only after the EC has entered the kernel.</summary>
    public const uint Strong = 1 << 0;
}

/// <summary>Flags of <see cref="Hypercall.ctrl_sm"/>, section 5.4.5.</summary>
public static class CtrlSmFlags
{
    /// <summary>D: down instead of up.</summary>
    public const uint Down = 1 << 0;

    /// <summary>Z: a down that succeeds sets the counter to zero.</summary>
    public const uint Zero = 1 << 1;
}

/// <summary>Flags of <see cref="Hypercall.assign_int"/>, section 5.5.2.</summary>
public static class AssignIntFlags
{
    /// <summary>M: the interrupt is masked.</summary>
    public const uint Masked = 1 << 0;

    /// <summary>T: level-triggered instead of edge-triggered.</summary>
    public const uint Level = 1 << 1;

    /// <summary>P: active low instead of active high.</summary>
    public const uint ActiveLow = 1 << 2;

    /// <summary>G: owned by a guest (pass-through).</summary>
    public const uint Guest = 1 << 3;
}
