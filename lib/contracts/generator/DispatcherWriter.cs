// Writes the dispatcher of a protocol: from message words, checked one by one, to a call of the server and back.
using System.Linq;

namespace Kilonova.Contracts.Generator;

internal static class DispatcherWriter
{
    private const string Refuse = Wire.Namespace + "Header.Refuse(message, " + Wire.Status + ".";
    private const string Signature = "<TServer>(ref TServer server, " + Wire.Words + " message, " + Wire.Size + " arrived";

    // Up to here a chain of comparisons is shorter than a jump table.
    private const int LongestChain = 6;

    public static void Write(CodeBuilder code, Protocol protocol)
    {
        int scratch = protocol.Operations.Select(ScratchWords).DefaultIfEmpty().Max();
        code.Line($"/// <summary>Hands calls of <see cref=\"{protocol.Interface}\"/> to a server, everything in them checked.</summary>");
        code.Open($"{protocol.Accessibility} static class {protocol.Stem}Dispatcher");
        code.Line("/// <summary>Number of the protocol.</summary>");
        code.Line($"public const uint Protocol = 0x{protocol.Id:x};");
        code.Line();
        code.Line("/// <summary>Version that the dispatcher speaks.</summary>");
        code.Line($"public const ushort Version = {protocol.Version};");
        code.Line();
        code.Line("/// <summary>Oldest version that it understands.</summary>");
        code.Line($"public const ushort OldestVersion = {protocol.OldestVersion};");
        code.Line();
        code.Line("/// <summary>Words that the server lends the dispatcher beside the message.</summary>");
        code.Line($"public const int ScratchWords = {scratch};");
        code.Line();
        WriteDispatch(code, protocol);
        code.Line();
        WriteOther(code, protocol);
        foreach (Operation operation in protocol.Operations)
        {
            code.Line();
            WriteOperation(code, protocol, operation);
        }

        code.Close();
    }

    private static void WriteDispatch(CodeBuilder code, Protocol protocol)
    {
        code.Line("/// <summary>Handles one call and leaves the reply in the message.</summary>");
        code.Line("/// <param name=\"server\">The server, or what it keeps of the session that calls.</param>");
        code.Line("/// <param name=\"message\">All 512 message words of the handler's UTCB.</param>");
        code.Line("/// <param name=\"arrived\">What arrived, as the kernel says.</param>");
        code.Line("/// <returns>What to reply.</returns>");
        code.Line($"[{Wire.Attribute}AggressiveInlining)]");
        code.Line($"public static {Wire.Size} Dispatch{Signature})");
        code.Inner(Constraint(protocol));
        code.Open();
        code.Line($"ulong operation = unchecked(message[0] - {Wire.Hex(((ulong)protocol.Id << 32) | ((ulong)protocol.Version << 16))});");
        WriteSelection(code, protocol);
        code.Line("return Other(ref server, message, arrived);");
        code.Close();
    }

    /// <summary>What is not an operation of the current version. Old versions, where they are understood, are selected from here.</summary>
    private static void WriteOther(CodeBuilder code, Protocol protocol)
    {
        code.Line("// No operation of this version: the question for the version, another protocol or version, an unknown operation.");
        code.Line($"[{Wire.Attribute}NoInlining)]");
        code.Line($"private static {Wire.Size} Other{Signature})");
        code.Inner(Constraint(protocol));
        code.Open();
        code.Line($"{Wire.Status} peer = {Wire.Namespace}Header.CheckPeer(message[0], Protocol, OldestVersion, Version);");
        code.Line($"if (peer != {Wire.Status}.Ok)");
        code.Inner($"return {Wire.Namespace}Header.Refuse(message, peer);");
        if (protocol.OldestVersion != protocol.Version)
        {
            code.Line("ulong operation = (ushort)message[0];");
            WriteSelection(code, protocol);
        }

        code.Line("return (ushort)message[0] == 0");
        code.Inner($"? {Wire.Namespace}Header.AnswerVersion(message, arrived, Version) : {Refuse}UnknownOperation);");
        code.Close();
    }

    private static void WriteSelection(CodeBuilder code, Protocol protocol)
    {
        bool isChain = protocol.Operations.Count <= LongestChain;
        if (!isChain)
            code.Open("switch (operation)");
        foreach (Operation operation in protocol.Operations)
        {
            code.Line(isChain ? $"if (operation == {operation.Number}UL)" : $"case {operation.Number}UL:");
            code.Inner($"return Operation{operation.Number}(ref server, message, arrived);");
        }

        if (!isChain)
            code.Close();
        code.Line();
    }

    private static void WriteOperation(CodeBuilder code, Protocol protocol, Operation operation)
    {
        // Numbers stay in registers and are handled where they arrive; whatever needs memory would cost the others theirs.
        bool isPlain = !operation.Parameters.Any(parameter => parameter.IsSpan || parameter.Passing == Passing.Item);
        code.Line($"// {operation.Name}");
        code.Line($"[{Wire.Attribute}{(isPlain ? "AggressiveInlining" : "NoInlining")})]");
        code.Line($"private static {Wire.Size} Operation{operation.Number}{Signature})");
        code.Inner(Constraint(protocol));
        code.Open();
        WriteArguments(code, operation);
        string arguments = string.Join(", ", operation.Parameters.Select((parameter, index) => Argument(parameter, index)));
        code.Line($"{Wire.Status} status = server.{operation.Name}({arguments});");
        code.Line($"if (status != {Wire.Status}.Ok)");
        code.Inner($"return {Wire.Namespace}Header.Refuse(message, status);");
        WriteReply(code, operation);
        code.Close();
    }

    private static void WriteArguments(CodeBuilder code, Operation operation)
    {
        Parameter[] parameters = operation.Parameters.ToArray();
        int[] fixedWords = Indices(parameters, Wire.HasRequestWord);
        int[] items = Indices(parameters, parameter => parameter.Passing == Passing.Item && !parameter.IsOut);
        bool hasSpans = parameters.Any(parameter => parameter.Passing == Passing.ReadSpan);
        code.Line(hasSpans
            ? $"if (arrived.Words < {1 + fixedWords.Length}u || arrived.Items != {items.Length}u)"
            : $"if (arrived.Raw != {Wire.RawSize(1 + fixedWords.Length, items.Length)})");
        code.Inner($"return {Refuse}BadMessage);");

        // From the last word to the first: the first bounds check covers all.
        for (int i = fixedWords.Length; i > 0; i--)
            code.Line($"ulong word{fixedWords[i - 1]} = message[{i}];");
        string[] conditions = fixedWords.Select(index => Refuses(parameters[index], index)).OfType<string>().ToArray();
        if (conditions.Length > 0)
        {
            code.Line($"if ({string.Join(" || ", conditions)})");
            code.Inner($"return {Refuse}BadMessage);");
        }

        WriteSpans(code, parameters, 1 + fixedWords.Length);
        for (int i = 0; i < items.Length; i++)
        {
            Parameter item = parameters[items[i]];
            code.Line($"if (!{Wire.ReadItem(item, i, "message")}, out ulong item{items[i]}))");
            code.Inner($"return {Refuse}CapabilityMissing);");
        }
    }

    private static string? Refuses(Parameter parameter, int index)
    {
        string? condition = parameter.Passing switch
        {
            Passing.SessionRange => $"!{Wire.Decode(parameter, $"word{index}")}.IsInside(server.SessionLength)",
            Passing.FillSpan => $"word{index} > {parameter.Maximum}UL",
            _ => Wire.Refuses(parameter, $"word{index}"),
        };
        return condition is null ? null : $"({condition})";
    }

    private static void WriteSpans(CodeBuilder code, Parameter[] parameters, int firstWord)
    {
        int[] reads = Indices(parameters, parameter => parameter.Passing == Passing.ReadSpan);
        int scratch = 0;
        if (parameters.Any(parameter => parameter.IsSpan))
            code.Line($"{Wire.Words} scratch = server.Scratch;");
        if (reads.Length > 0)
        {
            code.Line("int words = (int)arrived.Words;");
            code.Line($"int end = {firstWord};");
            foreach (int index in reads)
            {
                Parameter span = parameters[index];
                string target = $"word{index}, {span.Maximum}, scratch.Slice({scratch}, {span.SpanWords}), out {span.Type} span{index}";
                code.Line($"if (!{Wire.Namespace}SpanWords.TryRead(message, words, ref end, {target}))");
                code.Inner($"return {Refuse}BadMessage);");
                scratch += span.SpanWords;
            }

            code.Line("if (end != words)");
            code.Inner($"return {Refuse}BadMessage);");
        }

        foreach (int index in Indices(parameters, parameter => parameter.Passing == Passing.FillSpan))
        {
            Parameter span = parameters[index];
            string room = $"scratch.Slice({scratch}, {span.SpanWords})";
            code.Line(span.OfWords
                ? $"{span.Type} span{index} = {room}.Slice(0, (int)word{index});"
                : $"{span.Type} span{index} = {Wire.Namespace}SpanWords.Bytes({room}, (int)word{index});");
            code.Line($"span{index}.Clear();");
            scratch += span.SpanWords;
        }
    }

    private static string Argument(Parameter parameter, int index) => parameter switch
    {
        { IsSpan: true } => $"span{index}",
        { IsOut: true } => $"out {parameter.Type} result{index}",
        { Passing: Passing.Item } => $"{parameter.Type}.FromBits(item{index})",
        _ => Wire.Decode(parameter, $"word{index}"),
    };

    private static void WriteReply(CodeBuilder code, Operation operation)
    {
        Parameter[] parameters = operation.Parameters.ToArray();
        int[] words = Indices(parameters, Wire.HasReplyWord);
        int[] items = Indices(parameters, parameter => parameter.Passing == Passing.Item && parameter.IsOut);
        int[] spans = Indices(parameters, parameter => parameter.Passing == Passing.FillSpan);
        // The length of a filled span is the parameter behind it.
        if (spans.Length > 0)
        {
            string[] conditions = spans.Select(index => $"(uint)result{index + 1} > (uint)span{index}.Length").ToArray();
            code.Line($"if ({string.Join(" || ", conditions)})");
            code.Inner($"return {Refuse}Failed);");
        }

        for (int i = words.Length; i > 0; i--)
            code.Line($"message[{i}] = {Wire.Encode(parameters[words[i - 1]], $"result{words[i - 1]}")};");
        code.Line("message[0] = 0UL;");
        for (int i = 0; i < items.Length; i++)
            code.Line(Wire.WriteItem(parameters[items[i]], i, "message", $"result{items[i]}"));

        string end = $"{1 + words.Length}u";
        if (spans.Length > 0)
        {
            code.Line($"int replyEnd = {1 + words.Length};");
            foreach (int index in spans)
                code.Line($"{Wire.Namespace}SpanWords.Write(message, ref replyEnd, span{index}.Slice(0, result{index + 1}));");
            end = "(uint)replyEnd";
        }

        code.Line(items.Length > 0 ? $"return new {Wire.Size}({end}, {items.Length}u);" : $"return {Wire.Size}.OfWords({end});");
    }

    private static int ScratchWords(Operation operation) =>
        operation.Parameters.Where(parameter => parameter.IsSpan).Sum(parameter => parameter.SpanWords);

    private static string Constraint(Protocol protocol)
    {
        Parameter[] all = protocol.Operations.SelectMany(operation => operation.Parameters).ToArray();
        string memory = all.Any(parameter => parameter.Passing == Passing.SessionRange) ? $", {Wire.Namespace}ISessionMemory" : "";
        string scratch = all.Any(parameter => parameter.IsSpan) ? $", {Wire.Namespace}IScratch" : "";
        return $"where TServer : {protocol.Interface}{memory}{scratch}";
    }

    private static int[] Indices(Parameter[] parameters, System.Func<Parameter, bool> wanted) =>
        Enumerable.Range(0, parameters.Length).Where(index => wanted(parameters[index])).ToArray();
}
