// Writes the dispatcher of a protocol: from message words, checked one by one, to a call of the server and back.
using System.Linq;

namespace Kilonova.Contracts.Generator;

internal static class DispatcherWriter
{
    private const string Refuse = Wire.Namespace + "Reply.Refuse(message, " + Wire.Status + ".";

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
        code.Line("/// <summary>Words of private memory that a call may need beside the message.</summary>");
        code.Line($"public const int ScratchWords = {scratch};");
        code.Line();
        WriteDispatch(code, protocol, scratch > 0);
        foreach (Operation operation in protocol.Operations)
        {
            code.Line();
            WriteOperation(code, protocol, operation, NeedsSession(protocol));
        }

        code.Close();
    }

    private static void WriteDispatch(CodeBuilder code, Protocol protocol, bool hasScratch)
    {
        code.Line("/// <summary>Handles one call and leaves the reply in the message.</summary>");
        code.Line("/// <param name=\"server\">The server, or what it keeps of the session that calls.</param>");
        code.Line("/// <param name=\"message\">All 512 message words of the handler's UTCB.</param>");
        code.Line("/// <param name=\"words\">Words that arrived, as the kernel says: 1 to 512.</param>");
        code.Line("/// <param name=\"items\">Items that arrived, as the kernel says.</param>");
        if (hasScratch)
            code.Line("/// <param name=\"scratch\">At least <see cref=\"ScratchWords\"/>, nobody else's during the call.</param>");
        string scratch = hasScratch ? $", {Wire.Words} scratch" : "";
        code.Line($"public static {Wire.Namespace}Reply Dispatch<TServer>(ref TServer server, {Wire.Words} message, int words, int items{scratch})");
        code.Inner(Constraint(protocol, NeedsSession(protocol)));
        code.Open();
        code.Line("ulong header = message[0];");
        code.Open($"if ({Wire.Namespace}Header.Peer(header) != {Wire.Hex(((ulong)protocol.Id << 16) | protocol.Version)})");
        code.Line($"{Wire.Status} peer = {Wire.Namespace}Header.CheckPeer(header, Protocol, OldestVersion, Version);");
        code.Line($"if (peer != {Wire.Status}.Ok)");
        code.Inner($"return {Wire.Namespace}Reply.Refuse(message, peer);");
        code.Close();
        code.Line();
        code.Open($"switch ({Wire.Namespace}Header.Operation(header))");
        code.Line("case 0:");
        code.Inner($"return words == 1 && items == 0 ? {Wire.Namespace}Header.AnswerVersion(message, Version) : {Refuse}BadMessage);");
        foreach (Operation operation in protocol.Operations)
        {
            string argument = ScratchWords(operation) > 0 ? ", scratch" : "";
            code.Line($"case {operation.Number}:");
            code.Inner($"return Operation{operation.Number}(ref server, message, words, items{argument});");
        }

        code.Line("default:");
        code.Inner($"return {Refuse}UnknownOperation);");
        code.Close();
        code.Close();
    }

    private static void WriteOperation(CodeBuilder code, Protocol protocol, Operation operation, bool needsSession)
    {
        bool hasScratch = ScratchWords(operation) > 0;
        string scratch = hasScratch ? $", {Wire.Words} scratch" : "";
        code.Line($"// {operation.Name}");
        if (!hasScratch)
            code.Line("[global::System.Runtime.CompilerServices.MethodImpl(global::System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]");
        code.Line($"private static {Wire.Namespace}Reply Operation{operation.Number}<TServer>(ref TServer server, {Wire.Words} message, int words, int items{scratch})");
        code.Inner(Constraint(protocol, needsSession));
        code.Open();
        WriteArguments(code, operation);
        string arguments = string.Join(", ", operation.Parameters.Select((parameter, index) => Argument(parameter, index)));
        code.Line($"{Wire.Status} status = server.{operation.Name}({arguments});");
        code.Line($"if (status != {Wire.Status}.Ok)");
        code.Inner($"return {Wire.Namespace}Reply.Refuse(message, status);");
        WriteReply(code, operation);
        code.Close();
    }

    private static void WriteArguments(CodeBuilder code, Operation operation)
    {
        Parameter[] parameters = operation.Parameters.ToArray();
        int[] fixedWords = Indices(parameters, Wire.HasRequestWord);
        int[] items = Indices(parameters, parameter => parameter.Passing == Passing.Item && !parameter.IsOut);
        bool hasSpans = parameters.Any(parameter => parameter.Passing == Passing.ReadSpan);
        code.Line($"if (words {(hasSpans ? "<" : "!=")} {1 + fixedWords.Length} || items != {items.Length})");
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
            code.Line($"if (!{Wire.Namespace}ItemWord.TryRead(message, {i}, {Wire.ItemKind(item)}, {Wire.ItemStatus(item)}, out ulong item{items[i]}))");
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
        if (reads.Length > 0)
        {
            code.Line($"int end = {firstWord};");
            foreach (int index in reads)
            {
                Parameter span = parameters[index];
                string copy = $"scratch.Slice({scratch}, {span.SpanWords})";
                code.Line($"if (!{Wire.Namespace}SpanWords.TryRead(message, words, ref end, word{index}, {span.Maximum}, {copy}, out {span.Type} span{index}))");
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
        bool takesItems = parameters.Any(parameter => parameter is { Passing: Passing.Item, IsOut: false, IsTranslated: false });

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
            code.Line(ClientWriter.WriteItem(i, parameters[items[i]], $"result{items[i]}", "message"));

        string end = $"{1 + words.Length}";
        if (spans.Length > 0)
        {
            code.Line($"int replyEnd = {end};");
            foreach (int index in spans)
                code.Line($"{Wire.Namespace}SpanWords.Write(message, ref replyEnd, span{index}.Slice(0, result{index + 1}));");
            end = "replyEnd";
        }

        code.Line($"return new {Wire.Namespace}Reply({end}, {items.Length}, {(takesItems ? "true" : "false")});");
    }

    private static int ScratchWords(Operation operation) => operation.Parameters.Where(parameter => parameter.IsSpan).Sum(parameter => parameter.SpanWords);

    private static bool NeedsSession(Protocol protocol) =>
        protocol.Operations.Any(operation => operation.Parameters.Any(parameter => parameter.Passing == Passing.SessionRange));

    private static string Constraint(Protocol protocol, bool needsSession) =>
        $"where TServer : {protocol.Interface}{(needsSession ? $", {Wire.Namespace}ISessionMemory" : "")}";

    private static int[] Indices(Parameter[] parameters, System.Func<Parameter, bool> wanted) =>
        Enumerable.Range(0, parameters.Length).Where(index => wanted(parameters[index])).ToArray();
}
