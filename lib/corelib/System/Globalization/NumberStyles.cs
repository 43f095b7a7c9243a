// What a number's text may contain, and the provider of the one culture there is.
namespace System.Globalization;

[Flags]
public enum NumberStyles
{
    None = 0x000,
    AllowLeadingWhite = 0x001,
    AllowTrailingWhite = 0x002,
    AllowLeadingSign = 0x004,
    AllowHexSpecifier = 0x200,
    Integer = AllowLeadingWhite | AllowTrailingWhite | AllowLeadingSign,
    HexNumber = AllowLeadingWhite | AllowTrailingWhite | AllowHexSpecifier,
}

public sealed class CultureInfo : IFormatProvider
{
    private CultureInfo()
    {
    }

    public static CultureInfo InvariantCulture { get; } = new CultureInfo();

    public static CultureInfo CurrentCulture => InvariantCulture;

    public object? GetFormat(Type? formatType) => null;
}
