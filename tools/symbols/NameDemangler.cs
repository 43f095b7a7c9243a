using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;

namespace Kilonova.Symbols;

/// <summary>
/// Turns ilc's symbol names back into C# names. ilc writes Assembly_Namespace_Type__Method with every other character replaced by an
/// underscore, which cannot be undone by itself: the assemblies' metadata tells which types there are.
/// </summary>
public sealed class NameDemangler
{
    // ilc names these without assembly and namespace.
    private static readonly HashSet<string> s_shortened = new(
        new[]
        {
            "Object", "String", "Boolean", "Char", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "IntPtr", "UIntPtr",
            "Single", "Double",
        }.Select(name => "System." + name),
        StringComparer.Ordinal);

    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);

    /// <summary>Learns the type names of an assembly.</summary>
    public void AddAssembly(string path)
    {
        using var stream = File.OpenRead(path);
        using var image = new PEReader(stream);
        var metadata = image.GetMetadataReader();
        var prefix = MangledAssembly(metadata.GetString(metadata.GetAssemblyDefinition().Name));
        foreach (var handle in metadata.TypeDefinitions)
        {
            AddType(prefix, FullName(metadata, handle, '+'));
        }
    }

    /// <summary>Learns one type; nested types are written Outer+Inner.</summary>
    public void AddType(string assembly, string fullName)
    {
        var mangled = MangledAssembly(assembly) + "_" + Mangle(fullName);
        _types.TryAdd(mangled, fullName.Replace('+', '.'));
        if (s_shortened.Contains(fullName))
        {
            _types.TryAdd(fullName["System.".Length..], fullName);
        }
    }

    /// <summary>The C# name of a method's symbol, or null when the symbol is not one of a method of a known type.</summary>
    public string? TryDemangle(string symbol)
    {
        // The type ends where two underscores follow, or at its generic arguments.
        for (var i = symbol.IndexOf("__", StringComparison.Ordinal); i >= 0; i = symbol.IndexOf("__", i + 1, StringComparison.Ordinal))
        {
            var arguments = "";
            var type = symbol[..i];
            if (type.EndsWith('>') && MatchingOpen(type) is var open and > 0)
            {
                arguments = DemangleArguments(type[open..]);
                type = type[..open];
            }
            if (_types.TryGetValue(type, out var name))
            {
                return WithoutArity(name) + arguments + "." + DemangleMethod(symbol[(i + 2)..]);
            }
        }
        return null;
    }

    private string DemangleMethod(string method)
    {
        var open = method.IndexOf('<');
        var name = open > 0 ? method[..open] : method;
        name = name switch
        {
            _ when name.StartsWith("_ctor", StringComparison.Ordinal) => "." + name[1..],
            _ when name.StartsWith("_cctor", StringComparison.Ordinal) => "." + name[1..],
            _ => name,
        };
        return open > 0 ? name + DemangleArguments(method[open..]) : name;
    }

    // <A__B<C>> : known types become readable, everything else stays as ilc wrote it.
    private string DemangleArguments(string text)
    {
        var result = new StringBuilder();
        var word = new StringBuilder();
        foreach (var character in text)
        {
            if (character is '<' or '>')
            {
                Flush();
                result.Append(character);
            }
            else
            {
                word.Append(character);
            }
        }
        Flush();
        return result.ToString();

        void Flush()
        {
            var names = word.ToString().Split("__", StringSplitOptions.RemoveEmptyEntries)
                .Select(name => _types.TryGetValue(name, out var readable) ? WithoutArity(readable) : name);
            result.AppendJoin(",", names);
            word.Clear();
        }
    }

    private static int MatchingOpen(string type)
    {
        var depth = 0;
        for (var i = type.Length - 1; i >= 0; i--)
        {
            depth += type[i] == '>' ? 1 : type[i] == '<' ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }
        return -1;
    }

    private static string WithoutArity(string name)
    {
        var tick = name.IndexOf('`');
        return tick < 0 ? name : name[..tick] + string.Concat(name[(tick + 1)..].SkipWhile(char.IsDigit));
    }

    // ilc shortens System.Private. to S_P_.
    private static string MangledAssembly(string name) =>
        Mangle(name.StartsWith("System.Private.", StringComparison.Ordinal) ? "S_P_" + name["System.Private.".Length..] : name);

    private static string Mangle(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    private static string FullName(MetadataReader metadata, TypeDefinitionHandle handle, char separator)
    {
        var type = metadata.GetTypeDefinition(handle);
        var name = metadata.GetString(type.Name);
        if (!type.GetDeclaringType().IsNil)
        {
            return FullName(metadata, type.GetDeclaringType(), separator) + separator + name;
        }
        var space = metadata.GetString(type.Namespace);
        return space.Length > 0 ? space + "." + name : name;
    }
}
