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
    public void Constants_are_what_the_text_says(string name)
    {
        Assert.True(s_document.Constants.TryGetValue(name, out List<string[]>? rows), $"docs/abi.md has no table for {name}");
        Assert.Equal(
            ConstantsOf(TypeNamed(name)).OrderBy(pair => pair.Key, StringComparer.Ordinal),
            rows.Select(row => KeyValuePair.Create(row[0], Number(row[1]))).OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(TypesWithLayout))]
    public void Fields_lie_where_the_text_says(string name)
    {
        Assert.True(s_document.Layouts.TryGetValue(name, out List<string[]>? rows), $"docs/abi.md has no layout for {name}");
        Type type = TypeNamed(name);
        Assert.Equal(
            FieldsOf(type).Select(field => (field.Name, (ulong)Marshal.OffsetOf(type, field.Name), Keyword(field.FieldType))),
            rows.Select(row => (row[0], Number(row[1]), row[2])));
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
            Enum.GetNames<ExtensionOperation>().Where(name => name != nameof(ExtensionOperation.Device)),
            s_document.TableStartingWith("| Operation |").Select(row => row[0]));

    [Fact]
    public void The_changelog_begins_with_the_current_version()
    {
        List<string[]> versions = s_document.TableUnder("## Changelog");

        Assert.Equal(AbiVersion.Current, Number(versions[0][0]));
        Assert.Equal(versions.Count, versions.Select(row => row[0]).Distinct().Count());
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
