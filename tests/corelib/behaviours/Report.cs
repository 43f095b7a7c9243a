// One line per check: "area name: value". Only conversions that both libraries must agree on.
using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Text;
using Kilonova.CoreLibTests;

namespace Kilonova.Behaviours;

internal static class Report
{
    private static string s_area = "";

    internal static void Area(string name) => s_area = name;

    internal static void Value(string name, string? value) =>
        Platform.WriteLine(Encoding.UTF8.GetBytes($"{s_area} {name}: {value ?? "null"}"));

    internal static void Value(string name, bool value) => Value(name, value ? "yes" : "no");

    internal static void Value(string name, long value) => Value(name, value.ToString());

    internal static void Value(string name, ulong value) => Value(name, value.ToString());

    internal static void Value(string name, int value) => Value(name, value.ToString());

    internal static void Value(string name, uint value) => Value(name, value.ToString());

    internal static void Value(string name, char value) => Value(name, value.ToString());

    internal static void Values<T>(string name, IEnumerable<T> values)
    {
        StringBuilder text = new StringBuilder("[");
        foreach (T value in values)
        {
            if (text.Length > 1)
                text.Append(", ");
            text.Append(value is null ? "null" : value.ToString());
        }
        Value(name, text.Append(']').ToString());
    }

    internal static void Values<T>(string name, ReadOnlySpan<T> values) => Values(name, (IEnumerable<T>)values.ToArray());

    /// <summary>What the action throws, if anything.</summary>
    internal static void Throws(string name, Action action)
    {
        try
        {
            action();
            Value(name, "nothing");
        }
        catch (Exception exception)
        {
            Value(name, Name(exception));
        }
    }

    /// <summary>The same with the message, where that is the library's own.</summary>
    internal static void ThrowsMessage(string name, Action action)
    {
        try
        {
            action();
            Value(name, "nothing");
        }
        catch (Exception exception)
        {
            Value(name, $"{Name(exception)} '{exception.Message}'");
        }
    }

    // Names of types are not kept in freestanding images.
    internal static string Name(Exception exception) => exception switch
    {
        ArgumentNullException => "ArgumentNull",
        ArgumentOutOfRangeException => "ArgumentOutOfRange",
        ArgumentException => "Argument",
        ObjectDisposedException => "ObjectDisposed",
        InvalidOperationException => "InvalidOperation",
        PlatformNotSupportedException => "PlatformNotSupported",
        NotSupportedException => "NotSupported",
        NotImplementedException => "NotImplemented",
        IndexOutOfRangeException => "IndexOutOfRange",
        InvalidCastException => "InvalidCast",
        ArrayTypeMismatchException => "ArrayTypeMismatch",
        DivideByZeroException => "DivideByZero",
        OverflowException => "Overflow",
        ArithmeticException => "Arithmetic",
        FormatException => "Format",
        KeyNotFoundException => "KeyNotFound",
        OutOfMemoryException => "OutOfMemory",
        TypeInitializationException type => "TypeInitialization of " + (type.InnerException is null ? "nothing" : Name(type.InnerException)),
        Deliberate deliberate => "Deliberate " + deliberate.Message,
        _ => "Exception",
    };

    /// <summary>The value, hidden from the optimiser.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static T Opaque<T>(T value) => value;
}

/// <summary>An exception of the tests' own.</summary>
internal sealed class Deliberate : Exception
{
    internal Deliberate(string message)
        : base(message)
    {
    }
}
