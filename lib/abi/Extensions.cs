namespace Kilonova.Abi;

// Extensions of hypercall 0xf and of IPC. They are not part of the NOVA interface specification, which stays untouched; platform
// feature bits 32 to 63 announce them. Registers have the form of ctrl_pd: a base in bits 63-12, an order in bits 4-0.

/// <summary>Operations of <see cref="Hypercall.extension"/>, carried in the flags (RDI bits 7-4). Others give BAD_HYP.</summary>
public enum ExtensionOperation : uint
{
    /// <summary>Answers BAD_HYP for ever: programs probe with it.</summary>
    Probe = 0,

    /// <summary>
    /// Sets the lasting window of an execution context of this CPU. RDI bits 63-8: EC capability with CTRL; RAX, R8, R9:
    /// <see cref="ReceiveWindow"/> for objects, memory and ports.
    /// </summary>
    SetWindow = 1,

    /// <summary>
    /// Withdraws what descends from a range of a space. RDI bits 63-8: object, host, port or MSR space with TAKE; RDX: range as in
    /// ctrl_pd; RAX bits 4-0: permissions to withdraw (all five: the capabilities), bit 5: <see cref="RevokeFlags.Self"/>.
    /// </summary>
    Revoke = 2,

    /// <summary>
    /// Says what a selector or address maps. RDI bits 63-8: object, host, port or MSR space with TAKE; RDX bits 63-12: selector.
    /// Returns RDX and RAX as <see cref="LookupResult"/>, R8 the memory attributes.
    /// </summary>
    Lookup = 3,

    /// <summary>Kills a protection domain. RDI bits 63-8: PD capability with all five permissions.</summary>
    Kill = 4,

    /// <summary>
    /// Moves kernel memory quota. RDI bits 63-8: PD that gives, RSI: PD that receives, both with PD; RDX: number of 4 KiB pages, which
    /// may be 0. Returns RDX: pages that the giver still has free, RAX: pages that it uses.
    /// </summary>
    Quota = 5,

    /// <summary>Device contexts. RAX: a <see cref="DeviceOperation"/>, which says what the other registers hold.</summary>
    Device = 6,
}

/// <summary>
/// RAX of <see cref="ExtensionOperation.Device"/>. But for Create, RDI bits 63-8 name a device context. A requester is a PCI segment in
/// bits 31-16 and the number by which its devices are told apart in bits 15-0 (on PCI bus, device, function).
/// </summary>
public enum DeviceOperation : ulong
{
    /// <summary>
    /// Makes a device context. RDI bits 63-8: new selector, RSI: owner PD with PD, RDX: first requester, R8: last one, on the same bus.
    /// For the root domain only.
    /// </summary>
    Create = 0,

    /// <summary>Puts the devices into a DMA space. RSI: DMA space with ASSIGN. The context needs DMA.</summary>
    Assign = 1,

    /// <summary>Takes the devices out of whatever DMA space they are in: they reach nothing. The context needs DMA.</summary>
    Remove = 2,

    /// <summary>
    /// Attaches an interrupt, which no other device may send. RSI: interrupt semaphore with ASSIGN, RDX: <see cref="AssignIntFlags"/>,
    /// R8: CPU. Returns RSI and RDX: address and data of the message; 0 for a pin. The context needs INT.
    /// </summary>
    Attach = 3,

    /// <summary>Detaches an interrupt that the context has attached. RSI: its semaphore with ASSIGN. The context needs INT.</summary>
    Detach = 4,

    /// <summary>Lets a semaphore be upped at each fault that is noted. RSI: semaphore with CTRL_UP. The context needs DMA.</summary>
    Watch = 5,

    /// <summary>
    /// Says what the devices were kept from since the last time, and lets it be noted again. Returns RSI: number of faults, RDX: address
    /// of the first, R8: what it was, see <see cref="DeviceFaultResult"/>. The context needs DMA.
    /// </summary>
    Faults = 6,
}

/// <summary>What a device was kept from.</summary>
public enum DeviceFault : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Reading memory.</summary>
    Read = 1,

    /// <summary>Writing memory.</summary>
    Write = 2,

    /// <summary>Sending an interrupt that is not its own.</summary>
    Interrupt = 3,

    /// <summary>Sending an interrupt again and again that nobody waits for; it is held back until its driver does. The address is its number.</summary>
    Storm = 4,
}

/// <summary>R8 as <see cref="DeviceOperation.Faults"/> returns it.</summary>
public static class DeviceFaultResult
{
    /// <summary>Bits 7-0: the <see cref="DeviceFault"/>.</summary>
    public const ulong FaultMask = 0xff;

    /// <summary>Position of the hardware's own reason, bits 15-8.</summary>
    public const int ReasonShift = 8;

    /// <summary>The reason after shifting.</summary>
    public const ulong ReasonMask = 0xff;

    /// <summary>Position of the requester, bits 63-32.</summary>
    public const int RequesterShift = 32;
}

/// <summary>RAX of <see cref="ExtensionOperation.Revoke"/> above the permission mask.</summary>
public static class RevokeFlags
{
    /// <summary>Withdraw from the named range itself too.</summary>
    public const ulong Self = 1 << 5;
}

/// <summary>Fields of the results of <see cref="ExtensionOperation.Lookup"/>.</summary>
public static class LookupResult
{
    /// <summary>RDX: position of the first selector of the range that was mapped as one, bits 63-12. RDX bits 4-0 hold its order.</summary>
    public const int BaseShift = 12;

    /// <summary>RDX: the order.</summary>
    public const ulong OrderMask = 0x1f;

    /// <summary>RAX bits 4-0: permissions; 0 means a null capability, and the other fields are 0.</summary>
    public const ulong PermissionMask = 0x1f;

    /// <summary>RAX: position of the <see cref="CapabilityType"/>, bits 11-8.</summary>
    public const int TypeShift = 8;

    /// <summary>The capability type after shifting.</summary>
    public const ulong TypeMask = 0xf;
}

/// <summary>What a capability names, in the result of a lookup.</summary>
public enum CapabilityType : uint
{
    /// <summary>Nothing.</summary>
    Null = 0,

    /// <summary>A protection domain.</summary>
    ProtectionDomain = 1,

    /// <summary>An execution context.</summary>
    ExecutionContext = 2,

    /// <summary>A scheduling context.</summary>
    SchedulingContext = 3,

    /// <summary>A portal.</summary>
    Portal = 4,

    /// <summary>A semaphore.</summary>
    Semaphore = 5,

    /// <summary>An object space.</summary>
    ObjectSpace = 6,

    /// <summary>A host space.</summary>
    HostSpace = 7,

    /// <summary>A guest space.</summary>
    GuestSpace = 8,

    /// <summary>A DMA space.</summary>
    DmaSpace = 9,

    /// <summary>A port space.</summary>
    PioSpace = 10,

    /// <summary>An MSR space.</summary>
    MsrSpace = 11,

    /// <summary>A device context.</summary>
    DeviceContext = 12,

    /// <summary>A page frame.</summary>
    Memory = 13,

    /// <summary>An I/O port.</summary>
    Port = 14,

    /// <summary>A model-specific register.</summary>
    Msr = 15,
}

/// <summary>
/// A window of a receiver: the naturally aligned range of its own space into which items may be delegated, one for objects (RAX),
/// memory (R8) and ports (R9). The value 0 is a closed window.
/// </summary>
public static class ReceiveWindow
{
    /// <summary>A closed window.</summary>
    public const ulong Closed = 0;

    /// <summary>Position of the base, bits 63-12: selector, page number or port; a multiple of 2^order. Bits 11-5 are 0.</summary>
    public const int BaseShift = 12;

    /// <summary>Bits 4-0: the order.</summary>
    public const ulong OrderMask = 0x1f;
}

/// <summary>
/// A typed item: two words of the UTCB, item i at words 512-2(i+1) and the one after it. Word 0 says what is sent and, on arrival,
/// where it lies and what became of it; word 1 holds hotspot and permissions.
/// </summary>
public static class TypedItem
{
    /// <summary>Most items of one message; message words plus twice the items are at most 512.</summary>
    public const int MaxCount = 64;

    /// <summary>Words of the UTCB that one item takes.</summary>
    public const int WordsPerItem = 2;

    /// <summary>Word 0: position of the base, bits 63-12: the sender's selector, page number or port; on arrival the receiver's.</summary>
    public const int BaseShift = 12;

    /// <summary>Word 0: position of the <see cref="ItemOperation"/>, bits 11-8; on arrival of the <see cref="ItemStatus"/>.</summary>
    public const int OperationShift = 8;

    /// <summary>The operation or status after shifting.</summary>
    public const ulong OperationMask = 0xf;

    /// <summary>Word 0: position of the <see cref="ItemKind"/>, bits 7-5.</summary>
    public const int KindShift = 5;

    /// <summary>The kind after shifting.</summary>
    public const ulong KindMask = 0x7;

    /// <summary>Word 0, bits 4-0: order; the base is a multiple of 2^order. On arrival the order that arrived.</summary>
    public const ulong OrderMask = 0x1f;

    /// <summary>
    /// Word 1: position of the hotspot, bits 63-12: which part goes where when the orders of item and window differ. Preserved on arrival.
    /// Bits 11-5 are ignored.
    /// </summary>
    public const int HotspotShift = 12;

    /// <summary>Word 1, bits 4-0: mask of the permissions to pass on; on arrival the permissions that arrived.</summary>
    public const ulong PermissionMask = 0x1f;
}

/// <summary>What an item names.</summary>
public enum ItemKind : uint
{
    /// <summary>Object capabilities; the base is a selector of the sender's object space.</summary>
    Object = 0,

    /// <summary>Memory; the base is a page number of the sender's host space.</summary>
    Memory = 1,

    /// <summary>Ports; the base is a port number, equal on both sides.</summary>
    Port = 2,
}

/// <summary>What is done with an item.</summary>
public enum ItemOperation : uint
{
    /// <summary>Delegated into the receiver's window.</summary>
    Delegate = 0,

    /// <summary>The first selector is translated to the receiver's from which it descends. Needs no window of its kind.</summary>
    Translate = 1,
}

/// <summary>What became of an item, written on arrival.</summary>
public enum ItemStatus : uint
{
    /// <summary>Nothing arrived: the sender has nothing there, no permission is left, or it descends from elsewhere.</summary>
    Empty = 0,

    /// <summary>Delegated; base, order and permissions say what lies where.</summary>
    Delivered = 1,

    /// <summary>Translated; the base is the receiver's own and the order 0, permissions are those the sender holds, masked.</summary>
    Translated = 2,

    /// <summary>The receiver's window of that kind is closed or, for ports, does not overlap.</summary>
    DidNotFit = 3,

    /// <summary>The receiver could not pay for the item.</summary>
    NoMemory = 4,

    /// <summary>The item was malformed: unknown kind or operation, or base not a multiple of 2^order.</summary>
    Malformed = 5,
}
