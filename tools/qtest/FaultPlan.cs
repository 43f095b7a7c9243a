using System;
using System.Collections.Generic;
using System.IO;
using Kilonova.Vmm.Models;

namespace Kilonova.Qtest;

/// <summary>
/// Which requests are to fail: the part of QEMU's blkdebug files that names an event for an error. The file name of such a disk is
/// "blkdebug:plan:image".
/// </summary>
internal sealed class FaultPlan
{
    private const string Prefix = "blkdebug:";

    private readonly List<BlockOperation> _pending = [];

    /// <summary>Takes the plan out of a file name.</summary>
    public static FaultPlan Of(ref string path)
    {
        var plan = new FaultPlan();
        if (!path.StartsWith(Prefix, StringComparison.Ordinal))
            return plan;
        string[] parts = path[Prefix.Length..].Split(':', 2);
        if (parts.Length != 2)
            throw new UsageException("blkdebug wants blkdebug:plan:image");
        path = parts[1];
        if (parts[0].Length > 0)
            plan.Read(parts[0]);
        return plan;
    }

    /// <summary>Whether a request is to fail now. A fault happens once.</summary>
    public bool Hits(BlockOperation operation) => _pending.Remove(operation);

    private void Read(string file)
    {
        bool inject = false;
        foreach (string line in File.ReadLines(file))
        {
            string text = line.Trim();
            if (text.StartsWith('['))
                inject = text == "[inject-error]";
            else if (inject && text.StartsWith("event", StringComparison.Ordinal))
                _pending.Add(Operation(text[(text.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim().Trim('"')));
        }
    }

    private static BlockOperation Operation(string name) => name switch
    {
        "read_aio" => BlockOperation.Read,
        "write_aio" => BlockOperation.Write,
        "flush_to_disk" or "flush_to_os" => BlockOperation.Flush,
        _ => throw new UsageException($"blkdebug: no event {name} here; there are read_aio, write_aio, flush_to_disk"),
    };
}
