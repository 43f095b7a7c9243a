// Facts about the run.
using System.Diagnostics.CodeAnalysis;

namespace System;

public static unsafe class Environment
{
    public static string NewLine => "\n";

    /// <summary>A number for the running thread: two threads that live at the same time have different ones.</summary>
    public static int CurrentManagedThreadId => (int)((nuint)ThreadBlock.Current / ThreadBlock.StackSize);

    /// <summary>Ends the component with a message.</summary>
    [DoesNotReturn]
    public static void FailFast(string? message)
    {
        ReadOnlySpan<char> text = message ?? "FailFast";
        const int MaxBytes = 256;
        Span<byte> utf8 = stackalloc byte[MaxBytes];
        const int MaxBytesPerCharacter = 3;
        if (text.Length > MaxBytes / MaxBytesPerCharacter)
            text = text.Slice(0, MaxBytes / MaxBytesPerCharacter);
        Text.Utf8.TryEncode(text, utf8, out int length);
        Platform.Fail(utf8.Slice(0, length));
    }
}
