using System;
using System.Collections.Generic;
using System.Linq;

namespace Kilonova.Gates;

/// <summary>
/// ilc replaces a method that it cannot compile by one that throws, prints one line (IL1005), and succeeds. This gate does not.
/// </summary>
public static class IlcLogGate
{
    /// <summary>Checks what ilc printed.</summary>
    public static IEnumerable<Violation> Check(string log) =>
        log.Split('\n')
            .Where(line => line.Contains("IL1005", StringComparison.Ordinal))
            .Select(line => new Violation("ilc", line.Trim()));
}
