using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.PlatformAccess;

/// <summary>The memory-buffer console, section C.1: what the kernel said, in a ring that the root task reads.</summary>
internal static unsafe class ConsoleTests
{
    private const ulong PageSize = 4096;

    internal static void Run()
    {
        Suite.Run("The_console_buffer_can_be_mapped"u8, &CanBeMapped);
        Suite.Run("Its_indices_lie_within_the_buffer"u8, &IndicesAreSound);
        Suite.Run("It_holds_lines_of_text"u8, &HoldsText);
        Suite.Run("The_console_semaphore_counts_lines"u8, &SemaphoreCounts);
    }

    private static ConsoleBuffer* Map()
    {
        var start = RootTask.Hip->MbufStart;
        var pages = (RootTask.Hip->MbufEnd - start + (start & (PageSize - 1)) + PageSize - 1) / PageSize;
        var first = start / PageSize;
        var window = PhysicalMemory.Window / PageSize;
        Check.True(
            PhysicalMemory.TryMap(first, pages, window, MemoryPermissions.R | MemoryPermissions.W, Cacheability.WB), "map"u8);
        return (ConsoleBuffer*)(PhysicalMemory.Window + start);
    }

    private static ulong Capacity => RootTask.Hip->MbufEnd - RootTask.Hip->MbufStart - ConsoleBuffer.Size;

    private static void CanBeMapped()
    {
        Check.True(RootTask.Hip->MbufStart < RootTask.Hip->MbufEnd, "it has a size"u8);
        Check.True(Capacity >= 256, "that is worth the while"u8);
        byte value;
        Fault.Expect();
        Check.Equal(Probe.Load((ulong)Map(), &value), 0, "read"u8);
        Fault.CheckNone("read"u8);
    }

    private static void IndicesAreSound()
    {
        var buffer = Map();
        Check.True((buffer->ReadIndex & ConsoleBuffer.IndexMask) < Capacity, "RdIdx"u8);
        Check.True((buffer->WriteIndex & ConsoleBuffer.IndexMask) < Capacity, "WrIdx"u8);
    }

    // Everything that is there to read is text; and the kernel has said something since it started.
    private static void HoldsText()
    {
        var buffer = Map();
        var text = (byte*)buffer + ConsoleBuffer.Size;
        var lines = 0u;
        var at = buffer->ReadIndex & ConsoleBuffer.IndexMask;
        var end = buffer->WriteIndex & ConsoleBuffer.IndexMask;
        Check.True(at != end, "not empty"u8);
        while (at != end)
        {
            var character = text[at];
            if (character == '\n')
                lines++;
            else if (character < ' ' && character is not ((byte)'\r' or (byte)'\t' or 0x1b))
                Check.Equal(character, ' ', "a printable character"u8);

            at = (uint)((at + 1) % Capacity);
        }

        Check.True(lines > 0, "whole lines"u8);
    }

    // One up per line, so there are as many downs as lines, and not one more.
    private static void SemaphoreCounts()
    {
        var semaphore = new Semaphore(RootSelectors.ConsoleSemaphore);
        Check.Succeeds(semaphore.Down(1), "a line has been signalled"u8);
        Check.Succeeds(semaphore.Up(), "it can be upped too"u8);
        Check.Succeeds(semaphore.DownToZero(1), "all lines at once"u8);
        Check.Is(semaphore.Down(1), Status.TIMEOUT, "no further lines"u8);
    }
}
