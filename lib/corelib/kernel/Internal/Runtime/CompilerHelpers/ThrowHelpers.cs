// The checks that compiled code makes, and what ilc puts in place of bodies that it could not compile. ilc looks these up by name.
namespace Internal.Runtime.CompilerHelpers;

internal static class ThrowHelpers
{
    internal static void ThrowIndexOutOfRangeException() => ThrowHelper.ThrowIndexOutOfRange();

    internal static void ThrowNullReferenceException() => ThrowHelper.FailFast("null reference"u8);

    internal static void ThrowDivideByZeroException() => ThrowHelper.FailFast("division by zero"u8);

    internal static void ThrowOverflowException() => ThrowHelper.ThrowOverflow();

    internal static void ThrowPlatformNotSupportedException() => ThrowHelper.FailFast("not supported in the kernel"u8);

    internal static void ThrowArgumentException() => ThrowHelper.FailFast("bad argument"u8);

    internal static void ThrowArgumentOutOfRangeException() => ThrowHelper.ThrowArgumentOutOfRange();

    internal static void ThrowNotImplementedException() => ThrowHelper.FailFast("not implemented"u8);

    internal static void ThrowArrayTypeMismatchException() => ThrowHelper.FailFast("array type mismatch"u8);

    internal static void ThrowNotSupportedInlineArrayEqualsGetHashCode() => ThrowHelper.FailFast("inline arrays have no equality"u8);

    internal static void ThrowTypeLoadException(int id, string className, string typeName) => BodyMissing();

    internal static void ThrowTypeLoadExceptionWithArgument(int id, string className, string typeName, string argument) => BodyMissing();

    internal static void ThrowMissingMethodException(int id, string methodName) => BodyMissing();

    internal static void ThrowMissingFieldException(int id, string fieldName) => BodyMissing();

    internal static void ThrowFileNotFoundException(int id, string fileName) => BodyMissing();

    internal static void ThrowInvalidProgramException(int id) => BodyMissing();

    internal static void ThrowInvalidProgramExceptionWithArgument(int id, string methodName) => BodyMissing();

    internal static void ThrowBadImageFormatException(int id) => BodyMissing();

    internal static void ThrowMarshalDirectiveException(int id) => BodyMissing();

    internal static void ThrowAmbiguousMatchException(int id) => BodyMissing();

    internal static void ThrowFeatureBodyRemoved() => BodyMissing();

    internal static void ThrowInstanceBodyRemoved() => BodyMissing();

    internal static void ThrowBodyRemoved() => BodyMissing();

    internal static void ThrowUnavailableType() => BodyMissing();

    /// <summary>Where compiled code goes when it has no other way.</summary>
    [RuntimeExport("RhpFallbackFailFast")]
    private static void FallbackFailFast() => ThrowHelper.FailFast("compiled code gave up"u8);

    private static void BodyMissing() => ThrowHelper.FailFast("called a method whose body did not compile"u8);
}
