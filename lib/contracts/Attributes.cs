// What turns a C# interface into a protocol. The generator in generator/ reads these and writes client and dispatcher.
using System;

namespace Kilonova.Contracts;

/// <summary>
/// Makes an interface a protocol: its methods, each an <see cref="OperationAttribute">operation</see>, are what a session's portal
/// answers. For <c>IClock</c> the generator writes <c>ClockClient</c> and <c>ClockDispatcher</c> beside it.
/// </summary>
[AttributeUsage(AttributeTargets.Interface)]
public sealed class ProtocolAttribute : Attribute
{
    /// <summary>Declares a protocol.</summary>
    /// <param name="id">Number that no other protocol has. Travels with every call, so that a wrong portal is noticed.</param>
    /// <param name="version">1 to 65535, raised with every change.</param>
    public ProtocolAttribute(uint id, ushort version)
    {
        Id = id;
        Version = version;
    }

    /// <summary>Number of the protocol.</summary>
    public uint Id { get; }

    /// <summary>Version that clients compiled from this declaration speak.</summary>
    public ushort Version { get; }

    /// <summary>
    /// Oldest version whose clients servers compiled from this declaration still answer; 0, the default, stands for <see cref="Version"/>.
    /// Lower it only while nothing but operations was added since.
    /// </summary>
    public ushort OldestVersion { get; set; }
}

/// <summary>Gives a method of a protocol its number.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OperationAttribute : Attribute
{
    /// <summary>Declares an operation.</summary>
    /// <param name="number">1 to 65535, once per protocol, never given to another operation later. 0 asks for the version.</param>
    public OperationAttribute(ushort number) => Number = number;

    /// <summary>Number of the operation.</summary>
    public ushort Number { get; }
}

/// <summary>Bounds a span: the longest that travels. Message words of all parameters together are at most 512.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class MaxLengthAttribute : Attribute
{
    /// <summary>Declares the bound.</summary>
    /// <param name="length">Elements: bytes or words.</param>
    public MaxLengthAttribute(int length) => Length = length;

    /// <summary>Most elements.</summary>
    public int Length { get; }
}

/// <summary>
/// Passes capabilities on: the receiver gets its own, in a window that it opened, and whatever it does with them can be revoked by the
/// sender. For an <c>out</c> parameter the client's method takes the window as a parameter before it.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class DelegatedAttribute : Attribute;

/// <summary>
/// Shows a capability that descends from one of the receiver's own: the receiver learns its own selector, and that nobody forged it.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class TranslatedAttribute : Attribute;
