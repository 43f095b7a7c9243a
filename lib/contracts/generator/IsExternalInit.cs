// netstandard2.0 lacks the type that the compiler asks for when it meets records.
namespace System.Runtime.CompilerServices;

internal static class IsExternalInit;
