// Calls that an object or this library does not answer.
namespace System;

public class InvalidOperationException : SystemException
{
    public InvalidOperationException()
    {
    }

    public InvalidOperationException(string? message)
        : base(message)
    {
    }

    public InvalidOperationException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "Operation is not valid due to the current state of the object.";

    internal override string TypeName => "System.InvalidOperationException";
}

public class NotSupportedException : SystemException
{
    public NotSupportedException()
    {
    }

    public NotSupportedException(string? message)
        : base(message)
    {
    }

    public NotSupportedException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "Specified method is not supported.";

    internal override string TypeName => "System.NotSupportedException";
}

public class NotImplementedException : SystemException
{
    public NotImplementedException()
    {
    }

    public NotImplementedException(string? message)
        : base(message)
    {
    }

    public NotImplementedException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "The method or operation is not implemented.";

    internal override string TypeName => "System.NotImplementedException";
}

public class PlatformNotSupportedException : NotSupportedException
{
    public PlatformNotSupportedException()
    {
    }

    public PlatformNotSupportedException(string? message)
        : base(message)
    {
    }

    public PlatformNotSupportedException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "Operation is not supported on this platform.";

    internal override string TypeName => "System.PlatformNotSupportedException";
}

public class TimeoutException : SystemException
{
    public TimeoutException()
    {
    }

    public TimeoutException(string? message)
        : base(message)
    {
    }

    public TimeoutException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "The operation has timed out.";

    internal override string TypeName => "System.TimeoutException";
}

public class ApplicationException : Exception
{
    public ApplicationException()
    {
    }

    public ApplicationException(string? message)
        : base(message)
    {
    }

    public ApplicationException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "Error in the application.";

    internal override string TypeName => "System.ApplicationException";
}
