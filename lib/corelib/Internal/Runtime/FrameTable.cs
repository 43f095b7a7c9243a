// From a code address to the description of its frame: the index that the linker sorts (--eh-frame-hdr) and the records of .eh_frame,
// in the format of the Linux Standard Base, of which ilc and the assembler use a small part.
namespace Internal.Runtime;

/// <summary>What .eh_frame says about one function or funclet.</summary>
internal unsafe struct FrameDescription
{
    internal byte* FunctionStart;

    /// <summary>Call frame instructions common to many functions, then the function's own.</summary>
    internal byte* CommonInstructions;
    internal byte* CommonInstructionsEnd;
    internal byte* Instructions;
    internal byte* InstructionsEnd;

    /// <summary>ilc's exception data of the function; null for assembly.</summary>
    internal byte* ExceptionData;
}

internal static unsafe class FrameTable
{
    // Encodings of the index: 4-byte count, entries of two 4-byte offsets from the index itself.
    private const byte IndexVersion = 1;
    private const byte CountEncoding = 0x03;
    private const byte TableEncoding = 0x3b;
    private const int IndexHeaderSize = 12;
    private const int CountOffset = 8;

    // Of a frame's pointers: relative to themselves, 4 bytes signed.
    private const int FramePointersOffset = 8;

    private struct IndexEntry
    {
        internal int FunctionStart;
        internal int Frame;
    }

    // Written once at start-up.
    private static byte* s_index;
    private static int s_count;

    internal static void Initialize(byte* index)
    {
        if (index[0] != IndexVersion || index[2] != CountEncoding || index[3] != TableEncoding)
            Platform.Fail("the image's unwind index has an unknown format"u8);
        s_index = index;
        s_count = *(int*)(index + CountOffset);
    }

    /// <summary>The frame of the function that contains the address; false if no function does.</summary>
    internal static bool TryFind(byte* address, FrameDescription* frame)
    {
        IndexEntry* table = (IndexEntry*)(s_index + IndexHeaderSize);
        nint offset = (nint)(address - s_index);
        int low = 0;
        int high = s_count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (table[middle].FunctionStart <= offset)
                low = middle + 1;
            else
                high = middle;
        }
        return low != 0 && TryRead(s_index + table[low - 1].Frame, address, frame);
    }

    private static bool TryRead(byte* record, byte* address, FrameDescription* frame)
    {
        // length, distance back to the common record, function start, function size, length of augmentation data, augmentation data.
        byte* end = record + 4 + *(uint*)record;
        byte* common = record + 4 - *(uint*)(record + 4);
        byte* pointers = record + FramePointersOffset;
        byte* start = pointers + *(int*)pointers;
        if (address < start || address >= start + *(uint*)(pointers + 4))
            return false;

        byte* position = pointers + 8;
        uint augmentationLength = ReadUnsigned(ref position);
        frame->FunctionStart = start;
        frame->ExceptionData = ReadCommon(common, frame) && augmentationLength >= 4 ? position + *(int*)position : null;
        frame->Instructions = position + augmentationLength;
        frame->InstructionsEnd = end;
        return true;
    }

    // Returns whether frames of this kind carry a pointer to exception data.
    private static bool ReadCommon(byte* record, FrameDescription* frame)
    {
        byte* end = record + 4 + *(uint*)record;
        byte* augmentation = record + 9;
        byte* position = augmentation;
        bool hasExceptionData = false;
        for (; *position != 0; position++)
            hasExceptionData |= *position == (byte)'L';
        position++;

        // Code and data alignment, return register, length of the augmentation data; all of them small.
        ReadUnsigned(ref position);
        ReadUnsigned(ref position);
        ReadUnsigned(ref position);
        uint augmentationLength = *augmentation == (byte)'z' ? ReadUnsigned(ref position) : 0;
        frame->CommonInstructions = position + augmentationLength;
        frame->CommonInstructionsEnd = end;
        return hasExceptionData;
    }

    /// <summary>An unsigned LEB128 number.</summary>
    internal static uint ReadUnsigned(ref byte* position)
    {
        uint result = 0;
        int shift = 0;
        byte part;
        do
        {
            part = *position++;
            result |= (uint)(part & 0x7f) << shift;
            shift += 7;
        }
        while ((part & 0x80) != 0);
        return result;
    }
}
