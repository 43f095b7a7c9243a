// What the core library asks of the component's run time (lib/runtime) or of whoever hosts it: four plain functions.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Internal.Runtime;

internal static unsafe class Platform
{
    /// <summary>Ends the component with a UTF-8 message; never returns.</summary>
    [RuntimeImport("*", "runtime_fail")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    [DoesNotReturn]
    private static extern void RuntimeFail(byte* message, int length);

    /// <summary>
    /// Ends the component because nobody catches an exception; never returns. Called on top of the throwing stack. The MethodTable's
    /// address identifies the type exactly, the UTF-16 name is that of the nearest type which knows its own; the message may be empty.
    /// </summary>
    [RuntimeImport("*", "runtime_unhandled_exception")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    [DoesNotReturn]
    private static extern void RuntimeUnhandledException(nint methodTable, char* name, int nameLength, char* message, int messageLength);

    /// <summary>Lets another thread run while this one waits for a lock or for a static constructor. May return at once.</summary>
    [RuntimeImport("*", "runtime_yield")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern void Yield();

    [DoesNotReturn]
    internal static void Fail(ReadOnlySpan<byte> message)
    {
        fixed (byte* text = message)
            RuntimeFail(text, message.Length);
    }

    [DoesNotReturn]
    internal static void UnhandledException(Exception exception)
    {
        string name = exception.TypeName;
        string message = exception.Message;
        fixed (char* nameText = name, messageText = message)
            RuntimeUnhandledException((nint)exception.m_pEEType, nameText, name.Length, messageText, message.Length);
    }
}
