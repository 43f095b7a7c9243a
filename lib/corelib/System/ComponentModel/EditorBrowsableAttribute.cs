// A hint to editors that NuGet assemblies carry.
namespace System.ComponentModel;

public enum EditorBrowsableState
{
    Always = 0,
    Never = 1,
    Advanced = 2,
}

public sealed class EditorBrowsableAttribute : Attribute
{
    public EditorBrowsableAttribute(EditorBrowsableState state) => State = state;

    public EditorBrowsableState State { get; }
}
