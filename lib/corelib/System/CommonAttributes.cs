// Attributes of namespace System that the C# compiler reads. ThreadStaticAttribute is left out on purpose: host execution contexts
// have no FS base, so using it must not compile.
namespace System;

public sealed class FlagsAttribute : Attribute
{
}

public sealed class ParamArrayAttribute : Attribute
{
}

public sealed class SerializableAttribute : Attribute
{
}

public sealed class NonSerializedAttribute : Attribute
{
}

public sealed class CLSCompliantAttribute : Attribute
{
    public CLSCompliantAttribute(bool isCompliant) => IsCompliant = isCompliant;

    public bool IsCompliant { get; }
}

public sealed class ObsoleteAttribute : Attribute
{
    public ObsoleteAttribute()
    {
    }

    public ObsoleteAttribute(string? message) => Message = message;

    public ObsoleteAttribute(string? message, bool error)
    {
        Message = message;
        IsError = error;
    }

    public string? Message { get; }

    public bool IsError { get; }

    public string? DiagnosticId { get; set; }

    public string? UrlFormat { get; set; }
}
