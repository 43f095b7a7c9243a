using Kilonova.Sessions;

namespace Kilonova.Blocks;

/// <summary>What both ends of a block session agree on.</summary>
public static class BlockContract
{
    /// <summary>Purpose with which a client shares its data memory.</summary>
    public const uint DataPurpose = 0x6461_7461;

    /// <summary>The rings.</summary>
    public static RecordChannelShape Shape => new(BlockRecord.RequestWords, BlockRecord.CompletionWords, BlockRecord.Capacity);
}
