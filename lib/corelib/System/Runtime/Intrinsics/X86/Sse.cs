// The fences that came with SSE; they touch no XMM register. Vectors are left out.
namespace System.Runtime.Intrinsics.X86;

[Intrinsic]
public abstract class Sse : X86Base
{
    internal Sse()
    {
    }

    public static new bool IsSupported => IsSupported;

    /// <summary>sfence: stores before it are visible before stores after it, also to write-combining memory.</summary>
    public static void StoreFence() => StoreFence();
}

[Intrinsic]
public abstract class Sse2 : Sse
{
    internal Sse2()
    {
    }

    public static new bool IsSupported => IsSupported;

    public static void LoadFence() => LoadFence();

    public static void MemoryFence() => MemoryFence();
}
