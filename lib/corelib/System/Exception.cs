// The base of everything that can be thrown. There is no stack trace in it: an exception that nobody catches ends the component with
// the throwing stack intact, and the crash report walks that.
namespace System;

public class Exception
{
    private readonly string? _message;
    private readonly Exception? _innerException;

    public Exception()
    {
    }

    public Exception(string? message) => _message = message;

    public Exception(string? message, Exception? innerException)
    {
        _message = message;
        _innerException = innerException;
    }

    public virtual string Message => _message ?? DefaultMessage;

    public Exception? InnerException => _innerException;

    public int HResult { get; set; }

    public Exception GetBaseException()
    {
        Exception current = this;
        while (current._innerException is not null)
            current = current._innerException;
        return current;
    }

    public override string ToString() => string.Concat(TypeName, ": ", Message);

    private protected virtual string DefaultMessage => "An exception was thrown.";

    /// <summary>
    /// The name for reports. Without reflection only this library's own exceptions know theirs; others give that of the nearest base
    /// here, and the report adds the address of their MethodTable, which the image's symbol table names.
    /// </summary>
    internal virtual string TypeName => "System.Exception";
}

public class SystemException : Exception
{
    public SystemException()
    {
    }

    public SystemException(string? message)
        : base(message)
    {
    }

    public SystemException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal override string TypeName => "System.SystemException";
}
