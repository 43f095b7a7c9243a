// The framework that an assembly was compiled for; NuGet assemblies carry it.
namespace System.Runtime.Versioning;

[AttributeUsage(AttributeTargets.Assembly)]
public sealed class TargetFrameworkAttribute : Attribute
{
    public TargetFrameworkAttribute(string frameworkName) => FrameworkName = frameworkName;

    public string FrameworkName { get; }

    public string? FrameworkDisplayName { get; set; }
}
