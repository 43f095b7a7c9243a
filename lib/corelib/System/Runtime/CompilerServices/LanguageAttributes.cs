// Attributes that csc writes into metadata to carry what the language knows and the format does not.
namespace System.Runtime.CompilerServices;

public sealed class CompilerGeneratedAttribute : Attribute
{
}

public sealed class ExtensionAttribute : Attribute
{
}

public sealed class IsReadOnlyAttribute : Attribute
{
}

public sealed class RequiresLocationAttribute : Attribute
{
}

public sealed class IsByRefLikeAttribute : Attribute
{
}

public sealed class IsUnmanagedAttribute : Attribute
{
}

public sealed class ScopedRefAttribute : Attribute
{
}

public sealed class RefSafetyRulesAttribute : Attribute
{
    public RefSafetyRulesAttribute(int version) => Version = version;

    public int Version { get; }
}

public sealed class NullableAttribute : Attribute
{
    public readonly byte[]? NullableFlags;

    public NullableAttribute(byte value) => NullableFlags = null;

    public NullableAttribute(byte[] value) => NullableFlags = value;
}

public sealed class NullableContextAttribute : Attribute
{
    public readonly byte Flag;

    public NullableContextAttribute(byte value) => Flag = value;
}

public sealed class TupleElementNamesAttribute : Attribute
{
    public TupleElementNamesAttribute(string?[] transformNames) => TransformNames = transformNames;

    public string?[] TransformNames { get; }
}

public sealed class IndexerNameAttribute : Attribute
{
    public IndexerNameAttribute(string indexerName)
    {
    }
}

public sealed class RequiredMemberAttribute : Attribute
{
}

public sealed class CompilerFeatureRequiredAttribute : Attribute
{
    public CompilerFeatureRequiredAttribute(string featureName) => FeatureName = featureName;

    public string FeatureName { get; }
}

public sealed class OverloadResolutionPriorityAttribute : Attribute
{
    public OverloadResolutionPriorityAttribute(int priority) => Priority = priority;

    public int Priority { get; }
}

public sealed class CollectionBuilderAttribute : Attribute
{
    public CollectionBuilderAttribute(Type builderType, string methodName)
    {
        BuilderType = builderType;
        MethodName = methodName;
    }

    public Type BuilderType { get; }

    public string MethodName { get; }
}

public sealed class ParamCollectionAttribute : Attribute
{
}

public sealed class PreserveBaseOverridesAttribute : Attribute
{
}
