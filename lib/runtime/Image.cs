using System;
#if FREESTANDING
using System.Runtime;
using System.Runtime.CompilerServices;
#endif

namespace Kilonova.Runtime;

/// <summary>Tables of the running program, which the linker script delimits.</summary>
public static unsafe class Image
{
#if FREESTANDING
    /// <summary>By which functions are named; without functions when the build did not embed it.</summary>
    public static ReadOnlySpan<byte> Symbols => Between(SymbolsStart(), SymbolsEnd());

    /// <summary>By which the stack is walked.</summary>
    public static UnwindTable UnwindTable => new(UnwindStart(), UnwindEnd());

    /// <summary>The first byte of the program.</summary>
    public static byte* Start => First();

    /// <summary>The first byte behind its data.</summary>
    public static byte* End => Last();

    private static ReadOnlySpan<byte> Between(byte* start, byte* end) => new(start, (int)(end - start));

    [RuntimeImport("*", "image_symbols_start")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern byte* SymbolsStart();

    [RuntimeImport("*", "image_symbols_end")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern byte* SymbolsEnd();

    [RuntimeImport("*", "image_unwind_start")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern byte* UnwindStart();

    [RuntimeImport("*", "image_unwind_end")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern byte* UnwindEnd();

    [RuntimeImport("*", "image_start")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern byte* First();

    [RuntimeImport("*", "image_end")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern byte* Last();
#else
    /// <summary>A program of the host has no such table.</summary>
    public static ReadOnlySpan<byte> Symbols => ReadOnlySpan<byte>.Empty;

    /// <summary>A program of the host has no such table.</summary>
    public static UnwindTable UnwindTable => default;
#endif
}
