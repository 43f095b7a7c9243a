// The head of a packet: its first slot.
namespace Kilonova.Rings;

internal static class Packet
{
    private const int TagShift = 32;

    public static ulong Head(int length, uint tag) => (uint)length | ((ulong)tag << TagShift);

    public static uint Length(ulong head) => (uint)head;

    public static uint Tag(ulong head) => (uint)(head >> TagShift);

    /// <summary>Slots of a packet, its head included.</summary>
    public static ulong Slots(uint length) => 1 + (((ulong)length + sizeof(ulong) - 1) / sizeof(ulong));
}
