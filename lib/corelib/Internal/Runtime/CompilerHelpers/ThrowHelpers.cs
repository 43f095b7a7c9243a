// The checks that compiled code makes, and what ilc puts in place of bodies that it could not compile. ilc looks these up by name.
namespace Internal.Runtime.CompilerHelpers;

internal static class ThrowHelpers
{
    internal static void ThrowIndexOutOfRangeException() => throw new IndexOutOfRangeException();

    internal static void ThrowNullReferenceException() => throw new NullReferenceException();

    internal static void ThrowDivideByZeroException() => throw new DivideByZeroException();

    internal static void ThrowOverflowException() => throw new OverflowException();

    internal static void ThrowPlatformNotSupportedException() => throw new PlatformNotSupportedException();

    internal static void ThrowArgumentException() => throw new ArgumentException();

    internal static void ThrowArgumentOutOfRangeException() => throw new ArgumentOutOfRangeException();

    internal static void ThrowNotImplementedException() => throw new NotImplementedException();

    internal static void ThrowArrayTypeMismatchException() => throw new ArrayTypeMismatchException();

    internal static void ThrowNotSupportedInlineArrayEqualsGetHashCode() =>
        throw new NotSupportedException("Calls to 'Equals' and 'GetHashCode' on inline arrays are not supported.");

    // The build fails on any body that ilc could not compile, so none of these is reached in an image that passed its gates.
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
