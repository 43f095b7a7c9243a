using Kilonova.Runtime;

namespace Kilonova.Vmm.Monitors;

/// <summary>
/// What lies in the memory behind the guest's, which servers of its devices see and the guest does not. Offsets in the guest's dataspace.
/// </summary>
internal static class GuestTail
{
    private const ulong HalfSize = 1 << 20;

    /// <summary>Buffers of disks: for sectors that lie in too many pieces of guest memory.</summary>
    internal static ulong Disks => GuestImages.TailOffset;

    /// <summary>Buffers of networks.</summary>
    internal static ulong Networks => GuestImages.TailOffset + HalfSize;

    /// <summary>Bytes of the buffers of networks.</summary>
    internal static ulong NetworksSize => GuestImages.TailLength - HalfSize;
}
