namespace System.Runtime;

/// <summary>On the host nobody calls the kernel by symbol.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RuntimeExportAttribute(string entry) : Attribute
{
    public string EntryPoint { get; } = entry;
}
