namespace Kilonova.Kernel;

/// <summary>
/// An object capability (specification, section 4.1.2) as it stands in the first word of its slot: the object's address, whose low six
/// bits are free, and the permissions in bits 0 to 4. All zero: a null capability.
/// </summary>
public readonly unsafe struct Capability
{
    /// <summary>All permission bits of any capability.</summary>
    public const uint PermissionMask = 0x1f;

    private readonly ulong _word;

    public Capability(ulong word) => _word = word;

    public Capability(KernelObject* o, uint permissions) => _word = (ulong)o | permissions;

    /// <summary>The slot's first word.</summary>
    public ulong Word => _word;

    public bool IsNull => _word == 0;

    /// <summary>The object; null for a null capability.</summary>
    public KernelObject* Object => (KernelObject*)(_word & ~0x3ful);

    public uint Permissions => (uint)_word & PermissionMask;

    /// <summary>Whether this is a capability for an object of a type, with at least these permissions, of which there is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Is(ObjectType type, uint permissions) => ((uint)_word & permissions) == permissions && Object->Type == type;
}

/// <summary>
/// The place of one capability. Written under the space's lock; the word is read without. A table holds the words of its slots, densely,
/// in its first half, and the nodes in its second: so slots overlap, and are counted by their words.
/// </summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct CapabilitySlot
{
    /// <summary>A <see cref="Capability"/>.</summary>
    [FieldOffset(0x000)] public ulong Word;

    /// <summary>Its place in the derivation tree of its object. Null exactly if Word is 0.</summary>
    [FieldOffset(0x800)] public MapNode* Node;
}
