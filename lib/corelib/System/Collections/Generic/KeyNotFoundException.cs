// A dictionary was asked for a key that it does not hold.
namespace System.Collections.Generic;

public class KeyNotFoundException : SystemException
{
    public KeyNotFoundException()
    {
    }

    public KeyNotFoundException(string? message)
        : base(message)
    {
    }

    public KeyNotFoundException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    private protected override string DefaultMessage => "The given key was not present in the dictionary.";

    internal override string TypeName => "System.Collections.Generic.KeyNotFoundException";
}
