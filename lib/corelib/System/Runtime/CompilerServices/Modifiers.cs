// Types whose mere mention in a signature carries meaning.
namespace System.Runtime.CompilerServices;

public static class IsVolatile
{
}

public static class IsExternalInit
{
}

public class CallConvCdecl
{
}

public class CallConvSuppressGCTransition
{
}
