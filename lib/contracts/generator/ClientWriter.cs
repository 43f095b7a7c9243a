// Writes the client of a protocol: a struct over a transport, one method per operation, straight from parameters to message words.
using System.Collections.Generic;
using System.Linq;

namespace Kilonova.Contracts.Generator;

internal static class ClientWriter
{
    private const string BadReply = Wire.Status + ".BadReply";

    public static void Write(CodeBuilder code, Protocol protocol)
    {
        code.Line($"/// <summary>Calls a server of <see cref=\"{protocol.Interface}\"/> through a transport.</summary>");
        code.Line($"{protocol.Accessibility} struct {protocol.Stem}Client<TTransport>");
        code.Inner($"where TTransport : struct, {Wire.Namespace}ITransport");
        code.Open();
        code.Line("private TTransport _transport;");
        code.Line();
        code.Line("/// <summary>Calls through <paramref name=\"transport\"/>.</summary>");
        code.Line($"public {protocol.Stem}Client(TTransport transport) => _transport = transport;");
        code.Line();
        WriteVersionQuery(code, protocol);
        foreach (Operation operation in protocol.Operations)
        {
            code.Line();
            WriteOperation(code, protocol, operation);
        }

        code.Close();
    }

    private static void WriteVersionQuery(CodeBuilder code, Protocol protocol)
    {
        code.Line("/// <summary>Asks which version the server speaks.</summary>");
        code.Open($"public {Wire.Status} QueryVersion(out ushort version)");
        code.Line("version = 0;");
        code.Line($"{Wire.Words} __message = _transport.Message;");
        code.Line($"__message[0] = {Wire.Hex(HeaderOf(protocol, 0))};");
        code.Line($"var __result = _transport.Call({Wire.Size}.OfWords(1));");
        FailUnlessOk(code, [], 2, 0, isExact: true);
        code.Line("if (__message[1] > ushort.MaxValue)");
        code.Inner($"return {Wire.Status}.BadReply;");
        code.Line("version = (ushort)__message[1];");
        code.Line($"return {Wire.Status}.Ok;");
        code.Close();
    }

    private static void WriteOperation(CodeBuilder code, Protocol protocol, Operation operation)
    {
        code.Line($"/// <summary>Operation {operation.Number} of <see cref=\"{protocol.Interface}\"/>.</summary>");
        if (!operation.Parameters.Any(parameter => parameter.IsSpan || parameter.Passing == Passing.Item))
            code.Line($"[{Wire.Attribute}AggressiveInlining)]");
        code.Open($"public {Wire.Status} {operation.Name}({string.Join(", ", operation.Parameters.Select(Declaration))})");
        foreach (Parameter span in operation.Parameters.Where(parameter => parameter.Passing == Passing.ReadSpan))
            FailIf(code, operation, $"{span.Name}.Length > {span.Maximum}", $"{Wire.Status}.TooLong");
        WriteRequest(code, protocol, operation);
        WriteReply(code, operation);
        code.Line($"return {Wire.Status}.Ok;");
        code.Close();
    }

    private static string Declaration(Parameter parameter)
    {
        string window = parameter.NeedsWindow ? $"global::Kilonova.Nova.Window {WindowName(parameter)}, " : "";
        return $"{window}{(parameter.IsOut ? "out " : "")}{parameter.Type} {parameter.Name}";
    }

    private static void WriteRequest(CodeBuilder code, Protocol protocol, Operation operation)
    {
        Parameter[] fixedWords = operation.Parameters.Where(Wire.HasRequestWord).ToArray();
        foreach (Parameter span in fixedWords.Where(parameter => parameter.Passing == Passing.FillSpan))
            code.Line($"int {Capacity(span)} = {span.Name}.Length < {span.Maximum} ? {span.Name}.Length : {span.Maximum};");

        // From the last word to the first: the first bounds check covers all.
        code.Line($"{Wire.Words} __message = _transport.Message;");
        for (int i = fixedWords.Length; i > 0; i--)
            code.Line($"__message[{i}] = {RequestWord(fixedWords[i - 1])};");
        code.Line($"__message[0] = {Wire.Hex(HeaderOf(protocol, operation.Number))};");

        Parameter[] items = operation.Parameters.Where(parameter => parameter.Passing == Passing.Item && !parameter.IsOut).ToArray();
        for (int i = 0; i < items.Length; i++)
            code.Line(Wire.WriteItem(items[i], i, "__message", items[i].Name));

        string words = $"{1 + fixedWords.Length}u";
        Parameter[] spans = operation.Parameters.Where(parameter => parameter.Passing == Passing.ReadSpan).ToArray();
        if (spans.Length > 0)
        {
            code.Line($"int __end = {1 + fixedWords.Length};");
            foreach (Parameter span in spans)
                code.Line($"{Wire.Namespace}SpanWords.Write(__message, ref __end, {span.Name});");
            words = "(uint)__end";
        }

        code.Line(operation.Parameters.Any(parameter => parameter.Passing == Passing.Item)
            ? $"var __result = _transport.Call(new {Wire.Size}({words}, {items.Length}u), {Windows(operation)});"
            : $"var __result = _transport.Call({Wire.Size}.OfWords({words}));");
    }

    private static string RequestWord(Parameter parameter) => parameter.Passing switch
    {
        Passing.ReadSpan => $"(uint){parameter.Name}.Length",
        Passing.FillSpan => $"(uint){Capacity(parameter)}",
        _ => Wire.Encode(parameter, parameter.Name),
    };

    private static string Windows(Operation operation)
    {
        string[] kinds = ["Object", "Memory", "Port"];
        return string.Join(", ", kinds.Select(kind =>
            operation.Parameters.FirstOrDefault(parameter => parameter.NeedsWindow && parameter.Item == kind) is Parameter parameter
                ? WindowName(parameter)
                : "default"));
    }

    private static void WriteReply(CodeBuilder code, Operation operation)
    {
        Parameter[] words = operation.Parameters.Where(Wire.HasReplyWord).ToArray();
        Parameter[] items = operation.Parameters.Where(parameter => parameter.Passing == Passing.Item && parameter.IsOut).ToArray();
        Parameter[] spans = operation.Parameters.Where(parameter => parameter.Passing == Passing.FillSpan).ToArray();
        Parameter[] lengths = operation.Parameters.Where(parameter => parameter.Passing == Passing.FilledLength).ToArray();
        var conditions = new List<string>();
        FailUnlessOk(code, Outs(operation), 1 + words.Length, items.Length, isExact: spans.Length == 0);

        for (int i = words.Length; i > 0; i--)
            code.Line($"ulong __word{i} = __message[{i}];");
        for (int i = 0; i < words.Length; i++)
        {
            if (Wire.Refuses(words[i], $"__word{i + 1}") is string refuses)
                conditions.Add($"({refuses})");
        }

        if (conditions.Count > 0)
            FailIf(code, operation, string.Join(" || ", conditions), BadReply);
        if (spans.Length > 0)
            WriteFilledSpans(code, operation, words, spans, lengths);

        for (int i = 0; i < items.Length; i++)
        {
            string item = $"{Wire.ReadItem(items[i], i, "__message")}, out ulong __item{i})";
            FailIf(code, operation, $"!{item}", $"{Wire.Status}.CapabilityMissing");
        }

        for (int i = 0; i < items.Length; i++)
            code.Line($"{items[i].Name} = {items[i].Type}.FromBits(__item{i});");
        for (int i = 0; i < words.Length; i++)
            code.Line($"{words[i].Name} = {Wire.Decode(words[i], $"__word{i + 1}")};");
    }

    private static void WriteFilledSpans(CodeBuilder code, Operation operation, Parameter[] words, Parameter[] spans, Parameter[] lengths)
    {
        code.Line($"int __at = {1 + words.Length};");
        for (int i = 0; i < spans.Length; i++)
        {
            int word = 1 + System.Array.IndexOf(words, lengths[i]);
            string target = $"__word{word}, {Capacity(spans[i])}, {spans[i].Name}";
            string copy = $"{Wire.Namespace}SpanWords.TryCopy(__message, (int)__result.Reply.Words, ref __at, {target})";
            FailIf(code, operation, $"!{copy}", BadReply);
        }

        FailIf(code, operation, "__at != (int)__result.Reply.Words", BadReply);
    }

    /// <summary>Success with the expected reply is two comparisons; whatever else it is, is found out elsewhere.</summary>
    private static void FailUnlessOk(CodeBuilder code, IEnumerable<string> outs, int words, int items, bool isExact)
    {
        code.Open($"if (__result.Raw != {Wire.RawSuccess(words, items)} || __message[0] != 0UL)");
        string exactly = isExact ? "true" : "false";
        code.Line($"{Wire.Status} __status = {Wire.Namespace}Header.Explain(__result, __message[0], {words}u, {items}u, {exactly});");
        Fail(code, outs, $"__status != {Wire.Status}.Ok", "__status");
        code.Close();
        code.Line();
    }

    private static void FailIf(CodeBuilder code, Operation operation, string condition, string status) =>
        Fail(code, Outs(operation), condition, status);

    /// <summary>Out parameters are cleared where a call fails, so that success need not.</summary>
    private static void Fail(CodeBuilder code, IEnumerable<string> outs, string condition, string status)
    {
        code.Open($"if ({condition})");
        foreach (string name in outs)
            code.Line($"{name} = default;");
        code.Line($"return {status};");
        code.Close();
        code.Line();
    }

    private static IEnumerable<string> Outs(Operation operation) =>
        operation.Parameters.Where(parameter => parameter.IsOut).Select(parameter => parameter.Name);

    private static ulong HeaderOf(Protocol protocol, ushort operation) =>
        ((ulong)protocol.Id << 32) | ((ulong)protocol.Version << 16) | operation;

    private static string WindowName(Parameter parameter) => parameter.Name.TrimStart('@') + "Window";

    private static string Capacity(Parameter span) => $"__capacity_{span.Name.TrimStart('@')}";
}
