// What the execution of compiled code itself may throw. A null reference is not among them: it faults in hardware.
namespace System;

public class NullReferenceException : SystemException
{
    public NullReferenceException()
    {
    }

    public NullReferenceException(string? message)
        : base(message)
    {
    }

    public NullReferenceException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "Object reference not set to an instance of an object.";

    internal override string TypeName => "System.NullReferenceException";
}

public sealed class IndexOutOfRangeException : SystemException
{
    public IndexOutOfRangeException()
    {
    }

    public IndexOutOfRangeException(string? message)
        : base(message)
    {
    }

    public IndexOutOfRangeException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "Index was outside the bounds of the array.";

    internal override string TypeName => "System.IndexOutOfRangeException";
}

public class InvalidCastException : SystemException
{
    public InvalidCastException()
    {
    }

    public InvalidCastException(string? message)
        : base(message)
    {
    }

    public InvalidCastException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "Specified cast is not valid.";

    internal override string TypeName => "System.InvalidCastException";
}

public class ArrayTypeMismatchException : SystemException
{
    public ArrayTypeMismatchException()
    {
    }

    public ArrayTypeMismatchException(string? message)
        : base(message)
    {
    }

    public ArrayTypeMismatchException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "Attempted to access an element as a type incompatible with the array.";

    internal override string TypeName => "System.ArrayTypeMismatchException";
}

public class OutOfMemoryException : SystemException
{
    public OutOfMemoryException()
    {
    }

    public OutOfMemoryException(string? message)
        : base(message)
    {
    }

    public OutOfMemoryException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "Insufficient memory to continue the execution of the program.";

    internal override string TypeName => "System.OutOfMemoryException";
}

public class RankException : SystemException
{
    public RankException()
    {
    }

    public RankException(string? message)
        : base(message)
    {
    }

    public RankException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "Attempted to operate on an array with the incorrect number of dimensions.";

    internal override string TypeName => "System.RankException";
}

public class TypeLoadException : SystemException
{
    public TypeLoadException()
    {
    }

    public TypeLoadException(string? message)
        : base(message)
    {
    }

    public TypeLoadException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "Failure has occurred while loading a type.";

    internal override string TypeName => "System.TypeLoadException";
}

public class MissingMemberException : SystemException
{
    public MissingMemberException()
    {
    }

    public MissingMemberException(string? message)
        : base(message)
    {
    }

    public MissingMemberException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "Attempted to access a missing member.";

    internal override string TypeName => "System.MissingMemberException";
}

public sealed class InvalidProgramException : SystemException
{
    public InvalidProgramException()
    {
    }

    public InvalidProgramException(string? message)
        : base(message)
    {
    }

    public InvalidProgramException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "The program cannot be run.";

    internal override string TypeName => "System.InvalidProgramException";
}

public class BadImageFormatException : SystemException
{
    public BadImageFormatException()
    {
    }

    public BadImageFormatException(string? message)
        : base(message)
    {
    }

    public BadImageFormatException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "Format of the executable or library is invalid.";

    internal override string TypeName => "System.BadImageFormatException";
}

/// <summary>A static constructor threw; every later use of the type throws this again.</summary>
public sealed class TypeInitializationException : SystemException
{
    public TypeInitializationException(string? fullTypeName, Exception? innerException)
        : base("A type initializer threw an exception.", innerException) => FullTypeName = fullTypeName;

    public string? FullTypeName { get; }

    internal override string TypeName => "System.TypeInitializationException";
}
