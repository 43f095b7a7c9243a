using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using Xunit;

namespace Kilonova.Abi.Tests;

/// <summary>docs/abi.md and lib/abi say the same: a change of one without the other fails here.</summary>
public class DocumentTests
{
    private static readonly AbiDocument s_document = AbiDocument.Load();

    private static readonly Type[] s_types = [.. typeof(Status).Assembly.GetExportedTypes().Where(type => type != typeof(AbiVersion))];

    public static TheoryData<string> TypesWithConstants
        => [.. s_types.Where(type => ConstantsOf(type).Count > 0).Select(type => type.Name)];

    public static TheoryData<string> TypesWithLayout => [.. s_types.Where(IsLayout).Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(TypesWithConstants))]
    public void Constants_are_what_the_text_says(string name) => Assert.Equal("", ConstantDrift(s_document, TypeNamed(name)));

    [Theory]
    [MemberData(nameof(TypesWithLayout))]
    public void Fields_lie_where_the_text_says(string name) => Assert.Equal("", LayoutDrift(s_document, TypeNamed(name)));

    /// <summary>The two tests above can fail: each row of each table with another name, another value or none at all is noticed.</summary>
    [Fact]
    public void No_row_can_change_unnoticed()
    {
        Assert.Equal("", Drift(s_document));
        int rows = 0;
        foreach (int line in s_document.Rows)
        {
            string[] cells = s_document.CellsAt(line);
            string[] renamed = [.. cells];
            renamed[0] += "X";
            string[] changed = [.. cells];
            changed[1] = "0x" + (Number(cells[1]) + 1).ToString("x", CultureInfo.InvariantCulture);
            Assert.NotEqual("", Drift(s_document.With(line, renamed)));
            Assert.NotEqual("", Drift(s_document.With(line, changed)));
            Assert.NotEqual("", Drift(s_document.With(line, null)));
            rows++;
        }

        Assert.Equal(s_types.Sum(type => ConstantsOf(type).Count + (IsLayout(type) ? FieldsOf(type).Length : 0)), rows);
    }

    /// <summary>
    /// Nothing of lib/abi escapes the tables: it has constants and fields, nothing that is computed at run time, and no code but a product
    /// of two of them.
    /// </summary>
    [Fact]
    public void Everything_public_is_a_constant_or_a_field()
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        Assert.All(s_types, type =>
        {
            Assert.Empty(type.GetProperties(Declared));
            Assert.DoesNotContain(type.GetMethods(Declared), method => method.Name != nameof(ComponentSelectors.OfCpu));
            Assert.All(type.GetFields(Declared), field => Assert.True(field.IsLiteral || !field.IsStatic, $"{type.Name}.{field.Name}"));
        });
    }

    [Fact]
    public void Every_table_is_about_something()
    {
        Assert.DoesNotContain(s_document.Constants.Keys, name => ConstantsOf(TypeNamed(name)).Count == 0);
        Assert.DoesNotContain(s_document.Layouts.Keys, name => !IsLayout(TypeNamed(name)));
    }

    [Fact]
    public void Every_constant_and_field_is_explained()
    {
        foreach ((string name, List<string[]> rows) in s_document.Constants.Concat(s_document.Layouts))
            Assert.All(rows, row => Assert.True(row[^1].Length > 1, $"{name}.{row[0]} is not explained"));
    }

    [Fact]
    public void The_table_of_registers_has_every_hypercall_of_the_base()
        => Assert.Equal(
            Enum.GetNames<Hypercall>().Where(name => name != nameof(Hypercall.extension)),
            s_document.TableStartingWith("| Hypercall |").Select(row => row[0]));

    [Fact]
    public void The_table_of_extensions_has_every_operation()
        => Assert.Equal(
            Enum.GetNames<ExtensionOperation>(),
            s_document.TableStartingWith("| Operation |").Select(row => row[0]));

    [Fact]
    public void The_changelog_begins_with_the_current_version()
    {
        List<string[]> versions = s_document.TableUnder("## Changelog");

        Assert.Equal(AbiVersion.Current, Number(versions[0][0]));
        Assert.Equal(versions.Count, versions.Select(row => row[0]).Distinct().Count());
    }

    private static string Drift(AbiDocument document) =>
        string.Concat(s_types.Select(type => (ConstantsOf(type).Count > 0 ? ConstantDrift(document, type) : "")
            + (IsLayout(type) ? LayoutDrift(document, type) : "")));

    private static string ConstantDrift(AbiDocument document, Type type) =>
        document.Constants.TryGetValue(type.Name, out List<string[]>? rows)
            ? Difference(
                type,
                ConstantsOf(type).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} = {pair.Value:x}"),
                rows.OrderBy(row => row[0], StringComparer.Ordinal).Select(row => $"{row[0]} = {Number(row[1]):x}"))
            : $"docs/abi.md has no table for {type.Name}";

    private static string LayoutDrift(AbiDocument document, Type type) =>
        document.Layouts.TryGetValue(type.Name, out List<string[]>? rows)
            ? Difference(
                type,
                FieldsOf(type).Select(field => $"{field.Name} at {(ulong)Marshal.OffsetOf(type, field.Name):x}, {Keyword(field.FieldType)}"),
                rows.Select(row => $"{row[0]} at {Number(row[1]):x}, {row[2]}"))
            : $"docs/abi.md has no layout for {type.Name}";

    private static string Difference(Type type, IEnumerable<string> code, IEnumerable<string> text)
    {
        List<string> left = [.. code];
        List<string> right = [.. text];
        return left.SequenceEqual(right)
            ? ""
            : $"{type.Name}: only code has [{string.Join("; ", left.Except(right))}], only the text [{string.Join("; ", right.Except(left))}]; ";
    }

    private static Type TypeNamed(string name)
        => s_types.SingleOrDefault(type => type.Name == name) ?? throw new InvalidOperationException($"lib/abi has no {name}");

    private static bool IsLayout(Type type) => type.IsValueType && !type.IsEnum;

    private static FieldInfo[] FieldsOf(Type type)
        => [.. type.GetFields(BindingFlags.Public | BindingFlags.Instance).OrderBy(field => (long)Marshal.OffsetOf(type, field.Name))];

    private static Dictionary<string, ulong> ConstantsOf(Type type) => type.GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(field => field.IsLiteral && !(type.IsEnum && field.Name == "None"))
        .ToDictionary(field => field.Name, field => Convert.ToUInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture));

    private static ulong Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : ulong.Parse(text, CultureInfo.InvariantCulture);

    private static string Keyword(Type type) => Type.GetTypeCode(type.IsEnum ? null : type) switch
    {
        TypeCode.Byte => "byte",
        TypeCode.UInt16 => "ushort",
        TypeCode.UInt32 => "uint",
        TypeCode.UInt64 => "ulong",
        _ => type.Name,
    };
}
