// What the generator refuses, that what it writes compiles without a warning, and that it does not work for nothing.
using System;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Kilonova.Contracts.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Kilonova.Contracts.Tests;

public class GeneratorTests
{
    private const string Protocol = "[Protocol(1, 1)] public interface IProtocol";
    private const string Operation = "[Operation(1)] ContractStatus Do";
    private const string ProtocolWithOperation = Protocol + " { " + Operation;
    private const string Preamble = "using System; using Kilonova.Contracts;\n";

    private static readonly ImmutableArray<MetadataReference> s_references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is "System.Runtime.dll" or "System.Memory.dll" or "System.Private.CoreLib.dll"
                or "Kilonova.Contracts.dll" or "Kilonova.Abi.dll" or "Kilonova.Nova.dll")
            .Select(path => (MetadataReference)MetadataReference.CreateFromFile(path)),
    ];

    [Theory]
    [InlineData("[Protocol(1, 1)] public interface IBad<T> { }", "KNC001")]
    [InlineData("public class Outer { [Protocol(1, 1)] public interface IBad { } }", "KNC001")]
    [InlineData("public interface IBase { } [Protocol(1, 1)] public interface IBad : IBase { }", "KNC001")]
    [InlineData("[Protocol(1, 1)] public interface IBad { ulong Property { get; } }", "KNC002")]
    [InlineData("[Protocol(1, 1)] public interface IBad { event Action Event; }", "KNC002")]
    [InlineData("[Protocol(1, 1)] public interface IBad { [Operation(1)] ContractStatus Do<T>(); }", "KNC002")]
    [InlineData(ProtocolWithOperation + "() => ContractStatus.Ok; }", "KNC002")]
    [InlineData("[Protocol(1, 1)] public interface IBad { [Operation(1)] static abstract ContractStatus Do(); }", "KNC002")]
    [InlineData("[Protocol(1, 1)] public interface IBad { ContractStatus Do(); }", "KNC003")]
    [InlineData("[Protocol(1, 1)] public interface IBad { [Operation(0)] ContractStatus Do(); }", "KNC004")]
    [InlineData(ProtocolWithOperation + "(); [Operation(1)] ContractStatus B(); }", "KNC004")]
    [InlineData("[Protocol(1, 1)] public interface IBad { [Operation(1)] void Do(); }", "KNC005")]
    [InlineData("[Protocol(1, 1)] public interface IBad { [Operation(1)] int Do(); }", "KNC005")]
    public void A_protocol_of_another_shape_is_refused(string source, string expected) => Assert.Equal([expected], Identifiers(source));

    [Theory]
    [InlineData("string text", "KNC006")]
    [InlineData("object thing", "KNC006")]
    [InlineData("float number", "KNC006")]
    [InlineData("double number", "KNC006")]
    [InlineData("decimal number", "KNC006")]
    [InlineData("char character", "KNC006")]
    [InlineData("nint number", "KNC006")]
    [InlineData("byte[] bytes", "KNC006")]
    [InlineData("DateTime time", "KNC006")]
    [InlineData("Action callback", "KNC006")]
    [InlineData("int? maybe", "KNC006")]
    [InlineData("Hollow hollow", "KNC006")]
    [InlineData("[MaxLength(4)] Span<int> numbers, out int length", "KNC006")]
    [InlineData("ref ulong number", "KNC007")]
    [InlineData("in ulong number", "KNC007")]
    [InlineData("params ReadOnlySpan<byte> bytes", "KNC007")]
    [InlineData("[MaxLength(4)] out ReadOnlySpan<byte> bytes", "KNC007")]
    [InlineData("out SessionRange range", "KNC007")]
    [InlineData("[Translated] out ObjectRange range", "KNC007")]
    [InlineData("ReadOnlySpan<byte> bytes", "KNC008")]
    [InlineData("[MaxLength(0)] ReadOnlySpan<byte> bytes", "KNC008")]
    [InlineData("[MaxLength(-1)] ReadOnlySpan<ulong> words", "KNC008")]
    [InlineData("[MaxLength(4)] ulong number", "KNC008")]
    [InlineData("ObjectRange range", "KNC009")]
    [InlineData("[Delegated, Translated] ObjectRange range", "KNC009")]
    [InlineData("[Delegated] ulong number", "KNC009")]
    [InlineData("[Translated] bool flag", "KNC009")]
    [InlineData("[MaxLength(512)] ReadOnlySpan<ulong> words", "KNC010")]
    [InlineData("[MaxLength(4088)] ReadOnlySpan<byte> bytes", "KNC010")]
    [InlineData("[MaxLength(511)] Span<ulong> words, out int length", "KNC010")]
    [InlineData("[MaxLength(509)] ReadOnlySpan<ulong> words, [Delegated] ObjectRange range", "KNC010")]
    [InlineData("[MaxLength(4)] Span<byte> bytes", "KNC011")]
    [InlineData("[MaxLength(4)] Span<byte> bytes, out uint length", "KNC011")]
    [InlineData("[MaxLength(4)] Span<byte> bytes, ulong between, out int length", "KNC011")]
    [InlineData("[Delegated] out ObjectRange a, [Delegated] out ObjectRange b", "KNC012")]
    public void A_parameter_that_cannot_travel_is_refused(string parameters, string expected) =>
        Assert.Equal([expected], Identifiers($"public enum Hollow {{ }} {Protocol} {{ {Operation}({parameters}); }}"));

    [Theory]
    [InlineData("[Protocol(1, 0)]")]
    [InlineData("[Protocol(1, 2, OldestVersion = 3)]")]
    public void A_version_that_cannot_be_is_refused(string attribute) =>
        Assert.Equal(["KNC013"], Identifiers($"{attribute} public interface IBad {{ }}"));

    [Fact]
    public void Two_protocols_with_one_number_are_both_refused() =>
        Assert.Equal(
            ["KNC014", "KNC014"],
            Identifiers("[Protocol(7, 1)] public interface IOne { } [Protocol(7, 2)] public interface ITwo { }"));

    [Fact]
    public void A_finding_points_at_the_parameter()
    {
        const string Source = "[Protocol(1, 1)] interface IBad { [Operation(1)] ContractStatus Do(string letters); }";
        Diagnostic finding = Assert.Single(Run(Parse(Source)).Diagnostics);

        Assert.Equal("letters", (Preamble + Source).Substring(finding.Location.SourceSpan.Start, finding.Location.SourceSpan.Length));
        Assert.Contains("string", finding.GetMessage());
    }

    [Theory]
    [InlineData("[Protocol(1, 1)] public interface IEmpty { }")]
    [InlineData("[Protocol(1, 65535, OldestVersion = 1)] internal interface IHidden { [Operation(65535)] ContractStatus Do(); }")]
    [InlineData("namespace A.B { " + ProtocolWithOperation + "(ulong message, ulong words, out ulong status); } }")]
    [InlineData(ProtocolWithOperation + "([MaxLength(510)] ReadOnlySpan<ulong> words); }")]
    [InlineData(ProtocolWithOperation + "([MaxLength(4080)] Span<byte> bytes, out int length); }")]
    [InlineData(ProtocolWithOperation + "([Delegated] out ObjectRange a, [Delegated] out PortRange b, [Delegated] PortRange c); }")]
    [InlineData("public enum Big : ulong { A = 0, B = ulong.MaxValue } " + ProtocolWithOperation + "(Big big, out Big back); }")]
    [InlineData(ProtocolWithOperation + "(ulong a); [Operation(2)] ContractStatus Do(bool a); }")]
    public void What_is_written_compiles_without_a_warning(string source)
    {
        Compilation compilation = Parse(source);
        GeneratorDriver driver = CSharpGeneratorDriver.Create(new ProtocolGenerator());
        driver.RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out ImmutableArray<Diagnostic> findings);

        Assert.Empty(findings);
        Assert.Equal(2, updated.SyntaxTrees.Count());
        Assert.Empty(updated.GetDiagnostics().Where(diagnostic => diagnostic.Severity > DiagnosticSeverity.Hidden));
    }

    [Fact]
    public void Nothing_is_written_for_a_protocol_with_a_finding() =>
        Assert.Empty(Run(Parse("[Protocol(1, 1)] public interface IBad { [Operation(1)] void Do(); }")).GeneratedTrees);

    [Fact]
    public void An_edit_elsewhere_recomputes_nothing()
    {
        Compilation compilation = Parse("[Protocol(1, 1)] public interface IClock { [Operation(1)] ContractStatus Now(out ulong ticks); }");
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new ProtocolGenerator().AsSourceGenerator()],
                driverOptions: new GeneratorDriverOptions(default, trackIncrementalGeneratorSteps: true));
        driver = driver.RunGenerators(compilation);
        driver = driver.RunGenerators(compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Elsewhere { }")));
        GeneratorRunResult result = Assert.Single(driver.GetRunResult().Results);

        IncrementalGeneratorRunStep[] steps = [.. result.TrackedSteps[ProtocolGenerator.ParseStep],
            .. result.TrackedOutputSteps.SelectMany(step => step.Value)];
        Assert.NotEmpty(steps);
        Assert.All(steps.SelectMany(step => step.Outputs), output =>
            Assert.Contains(output.Reason, new[] { IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged }));
    }

    private static string[] Identifiers(string source) => Run(Parse(source)).Diagnostics.Select(diagnostic => diagnostic.Id).ToArray();

    private static GeneratorDriverRunResult Run(Compilation compilation) =>
        CSharpGeneratorDriver.Create(new ProtocolGenerator()).RunGenerators(compilation).GetRunResult();

    private static Compilation Parse(string source) => CSharpCompilation.Create(
        "protocols",
        [CSharpSyntaxTree.ParseText(Preamble + source)],
        s_references,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
}
