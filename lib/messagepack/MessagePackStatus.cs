// What reading or writing MessagePack came to.
namespace Kilonova.MessagePack;

/// <summary>Outcome of reading or writing. Readers and writers keep the first failure and do nothing more after it.</summary>
public enum MessagePackStatus : byte
{
    /// <summary>Everything so far succeeded.</summary>
    Ok,

    /// <summary>The input ends inside a value, or a length names more than what is left of it.</summary>
    Truncated,

    /// <summary>The next value is well formed but of another type than the one asked for.</summary>
    TypeMismatch,

    /// <summary>The next value is an integer, but does not fit the type asked for.</summary>
    OutOfRange,

    /// <summary>The byte 0xc1, which the format never uses.</summary>
    InvalidFormat,

    /// <summary>A string is not UTF-8 (or, written from UTF-16, has an unpaired surrogate).</summary>
    InvalidText,

    /// <summary>A timestamp has a length other than 4, 8 or 12 bytes, or a second or more of nanoseconds.</summary>
    InvalidTimestamp,

    /// <summary>Containers are nested deeper than <see cref="MessagePackReader.MaximumDepth"/>.</summary>
    TooDeep,

    /// <summary>Input follows after the last value that was expected.</summary>
    TrailingData,

    /// <summary>The output span is too short for the value.</summary>
    OutputFull,
}
