#if FREESTANDING
using System;
using System.Diagnostics.CodeAnalysis;
using Internal.Runtime;
using Kilonova.Runtime;

namespace Kilonova.CoreLibTests;

/// <summary>Where a test program runs: here a root task, whose lines go to the serial line behind a mark that tells them from others.</summary>
internal static unsafe class Platform
{
    // Start-up brings a small heap; the tests want more.
    private const int HeapPages = 4096;
    private const int PageSize = 4096;

    internal static void Start()
    {
    }

    internal static void WriteLine(ReadOnlySpan<byte> text) => Log.Write(text);

    [DoesNotReturn]
    internal static void Exit(int code) => PowerOff.Now(code == 0 ? PowerOff.Success : PowerOff.Failure);
}
#endif
