// How a parameter stands in a message word: expressions that write it, check it and read it. Both sides of a call use the same.
using System.Linq;

namespace Kilonova.Contracts.Generator;

internal static class Wire
{
    public const string Namespace = "global::Kilonova.Contracts.";
    public const string Status = Namespace + "ContractStatus";
    public const string Words = "global::System.Span<ulong>";
    public const string Size = "global::Kilonova.Nova.MessageSize";
    public const string Attribute = CompilerServices + "MethodImpl(" + CompilerServices + "MethodImplOptions.";

    private const string Abi = "global::Kilonova.Abi.";
    private const string CompilerServices = "global::System.Runtime.CompilerServices.";

    /// <summary>Whether a request carries a fixed word for the parameter.</summary>
    public static bool HasRequestWord(Parameter parameter) => parameter.IsSpan || (!parameter.IsOut && parameter.Passing != Passing.Item);

    /// <summary>Whether a reply carries a fixed word for the parameter.</summary>
    public static bool HasReplyWord(Parameter parameter) => parameter.IsOut && parameter.Passing != Passing.Item;

    /// <summary>A size of constants, as the one word that it is compared by.</summary>
    public static string RawSize(int words, int items) => $"0x{((uint)words - 1) | ((uint)items << 16):x}u";

    /// <summary>The result of a call that succeeded with such a reply, as the one word that it is compared by.</summary>
    public static string RawSuccess(int words, int items) => Hex(((ulong)(words - 1) << 32) | ((ulong)items << 16));

    public static string Hex(ulong value) => $"0x{value:x}UL";

    /// <summary>The word for a value.</summary>
    public static string Encode(Parameter parameter, string value) => parameter.Passing switch
    {
        Passing.Boolean => $"{value} ? 1UL : 0UL",
        Passing.SessionRange => $"{value}.ToWord()",
        Passing.Word or Passing.Unsigned => value,
        _ => $"unchecked((ulong){value})",
    };

    /// <summary>A condition that holds for words that stand for no value, or null where all do.</summary>
    public static string? Refuses(Parameter parameter, string word) => parameter.Passing switch
    {
        Passing.Unsigned => $"{word} > {Hex(parameter.Maximum)}",
        Passing.Signed when parameter.Type == "long" => null,
        Passing.Signed => $"unchecked((ulong)({parameter.Type}){word}) != {word}",
        Passing.Boolean => $"{word} > 1UL",
        Passing.Enumeration when parameter.Values.Count == 0 => $"({word} & ~{Hex(parameter.Flags)}) != 0UL",
        Passing.Enumeration => string.Join(" && ", parameter.Values.Select(run => OutsideOf(run, word))),
        _ => null,
    };

    /// <summary>The value for a word that was checked.</summary>
    public static string Decode(Parameter parameter, string word) => parameter.Passing switch
    {
        Passing.Boolean => $"{word} != 0UL",
        Passing.SessionRange => $"{Namespace}SessionRange.FromWord({word})",
        Passing.Word => word,
        _ => $"unchecked(({parameter.Type}){word})",
    };

    /// <summary>A statement that writes an item.</summary>
    public static string WriteItem(Parameter item, int index, string message, string value)
    {
        string operation = Abi + "ItemOperation." + (item.IsTranslated ? "Translate" : "Delegate");
        return $"{Namespace}ItemWord.Write({message}, {index}, {Abi}ItemKind.{item.Item}, {operation}, {value}.ToBits());";
    }

    /// <summary>A call that reads an item, without its last argument and its end.</summary>
    public static string ReadItem(Parameter item, int index, string message)
    {
        string status = Abi + "ItemStatus." + (item.IsTranslated ? "Translated" : "Delivered");
        return $"{Namespace}ItemWord.TryRead({message}, {index}, {Abi}ItemKind.{item.Item}, {status}";
    }

    private static string OutsideOf(Run run, string word) => run.First == run.Last
        ? $"{word} != {Hex(run.First)}"
        : $"unchecked({word} - {Hex(run.First)}) > {Hex(unchecked(run.Last - run.First))}";
}
