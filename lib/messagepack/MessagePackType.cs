// The types of the MessagePack format, as told by the first byte of a value.
namespace Kilonova.MessagePack;

/// <summary>Type of a value, without regard to which of its encodings was used.</summary>
public enum MessagePackType : byte
{
    /// <summary>No value: the input is at its end, or the reader has failed.</summary>
    None,

    /// <summary>The byte 0xc1, which the format never uses.</summary>
    Invalid,

    /// <summary>Nothing.</summary>
    Nil,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>An integer from -2^63 to 2^64-1.</summary>
    Integer,

    /// <summary>A number of IEEE 754 single precision.</summary>
    Float32,

    /// <summary>A number of IEEE 754 double precision.</summary>
    Float64,

    /// <summary>Text in UTF-8.</summary>
    String,

    /// <summary>Bytes.</summary>
    Binary,

    /// <summary>A sequence of values.</summary>
    Array,

    /// <summary>A sequence of pairs of values.</summary>
    Map,

    /// <summary>Bytes with a type number; type -1 is a timestamp.</summary>
    Extension,
}
