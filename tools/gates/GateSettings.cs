using System.Collections.Generic;
using System.IO;
using System.Text.Json;

namespace Kilonova.Gates;

/// <summary>Limits and exemptions, read from gates.json, where each is explained.</summary>
public sealed record GateSettings
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        ReadCommentHandling = JsonCommentHandling.Skip,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Bytes of stack of one kernel function.</summary>
    public int KernelFrameLimit { get; init; } = 512;

    /// <summary>Bytes of stack of the deepest chain of direct calls.</summary>
    public int KernelStackLimit { get; init; } = 3072;

    /// <summary>Symbol patterns of kernel functions that may call themselves, directly or not.</summary>
    public IReadOnlyList<string> KernelRecursion { get; init; } = [];

    /// <summary>Bytes of the kernel's loaded sections, symbol table and zeroed memory excluded.</summary>
    public int KernelSizeLimit { get; init; } = 128 * 1024;

    /// <summary>Lines of C# below kernel/, and of assembly, blank lines and comments not counted.</summary>
    public int KernelLineLimit { get; init; } = 9000;
    public int KernelAssemblyLineLimit { get; init; } = 700;

    /// <summary>Folders below kernel/ that do not count among its lines, since they have budgets of their own.</summary>
    public IReadOnlyList<string> KernelLinesElsewhere { get; init; } = [];

    /// <summary>Folders that may hold unsafe code, relative to the root, with forward slashes.</summary>
    public IReadOnlyList<string> UnsafeRooms { get; init; } = [];

    /// <summary>Reads a settings file; an unknown or misspelled setting is an error.</summary>
    public static GateSettings Load(string path) =>
        JsonSerializer.Deserialize<GateSettings>(File.ReadAllText(path), s_options) ?? new GateSettings();
}
