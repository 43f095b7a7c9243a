// Stand-ins that ilc puts for reference type arguments in shared generic code.
namespace System;

internal sealed class __Canon
{
}

internal struct __UniversalCanon
{
}
