using Kilonova.Abi;

namespace Kilonova.Nova;

/// <summary>
/// How many words, and with the extension how many typed items, a message has. One register, laid out so that the kernel's MTD becomes it
/// by one AND, and a message of a known size is recognised by one comparison.
/// </summary>
public readonly struct MessageSize
{
    private const int ItemsShift = 16;

    /// <summary>So many words, 1 to 512, and items, 0 to 64.</summary>
    public MessageSize(uint words, uint items) => Raw = (words - 1) | (items << ItemsShift);

    private MessageSize(uint raw) => Raw = raw;

    /// <summary>A message without items, 1 to 512 words.</summary>
    public static MessageSize OfWords(uint words) => new(words - 1);

    /// <summary>Words minus 1 in bits 15-0, items in bits 31-16.</summary>
    public uint Raw { get; }

    /// <summary>Words at the beginning of the UTCB.</summary>
    public uint Words => (Raw & RegularMtd.WordsMinusOneMask) + 1;

    /// <summary>Items at its end.</summary>
    public uint Items => Raw >> ItemsShift;

    /// <summary>Whether no items are part of the message.</summary>
    public bool HasOnlyWords => Raw < 1u << ItemsShift;

    /// <summary>The message transfer descriptor to send with. The kernel ignores its bits 31-9, where the items are.</summary>
    public uint Mtd => Raw;

    /// <summary>What arrived: the kernel's MTD, whose upper bits mean nothing, and its count of items.</summary>
    public static MessageSize OfArrived(uint mtd, uint items = 0) =>
        new((mtd & RegularMtd.WordsMinusOneMask) | (items << ItemsShift));
}
