#if !FREESTANDING
using System;
using System.IO;

namespace Kilonova.CoreLibTests;

/// <summary>Where a test program runs: here a process of the host.</summary>
internal static class Platform
{
    private static readonly Stream s_output = new BufferedStream(Console.OpenStandardOutput());

    /// <summary>What the program allocated so far; the host's collector is of no concern here.</summary>
    internal static long AllocatedBytes => 0;

    internal static void Start()
    {
    }

    internal static void WriteLine(ReadOnlySpan<byte> text)
    {
        s_output.Write(text);
        s_output.WriteByte((byte)'\n');
    }

    internal static void Exit(int code)
    {
        s_output.Flush();
        Environment.Exit(code);
    }
}
#endif
