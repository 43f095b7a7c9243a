using System;
using Kilonova.Formats;

namespace Kilonova.Runtime;

/// <summary>The boot modules, mapped once and found by their file names.</summary>
public static unsafe class BootModules
{
    private const int MaxModules = 256;

    // Written by Initialize.
    private static Table s_table;
    private static int s_count;

    private struct Table
    {
        internal fixed ulong Addresses[MaxModules];
        internal fixed int Lengths[MaxModules];
    }

    /// <summary>Maps all modules. Once, by the first thread.</summary>
    public static void Initialize()
    {
        s_count = (int)Math.Min(RootTask.Boot.ModuleCount, MaxModules);
        for (var i = 0; i < s_count; i++)
        {
            var contents = RootTask.Boot.ModuleContents((uint)i);
            fixed (byte* first = contents)
                s_table.Addresses[i] = (ulong)first;

            s_table.Lengths[i] = contents.Length;
        }
    }

    /// <summary>Finds a module by the file name that its command line begins with, whatever folder stands before it.</summary>
    /// <returns>The module's number; -1 when there is none.</returns>
    public static int Find(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < s_count; i++)
        {
            uint cursor = 0;
            var word = CommandLine.Next(RootTask.Boot.ModuleCommandLine((uint)i), ref cursor);
            if (word.Length >= name.Length && word.Slice(word.Length - name.Length).SequenceEqual(name)
                && (word.Length == name.Length || word[word.Length - name.Length - 1] == (byte)'/'))
                return i;
        }

        return -1;
    }

    /// <summary>A module's bytes; empty when there is no such number.</summary>
    public static ReadOnlySpan<byte> Contents(int number) =>
        (uint)number < (uint)s_count ? new ReadOnlySpan<byte>((byte*)s_table.Addresses[number], s_table.Lengths[number]) : default;
}
