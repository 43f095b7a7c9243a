// Views of any object that reach its first field byte, behind the MethodTable pointer and, for arrays, the length.
namespace System.Runtime.CompilerServices;

internal sealed class RawData
{
    // ilc's unboxing stubs look for this field by name.
    public byte Data;
}

internal sealed class RawArrayData
{
    public uint Length;
    public uint Padding;
    public byte Data;
}
