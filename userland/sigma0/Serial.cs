using System;
using System.Runtime.CompilerServices;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

/// <summary>The serial line as the printer uses it.</summary>
internal static class Serial
{
    /// <summary>Writes a line.</summary>
    internal static void Write(scoped in Line line) => SerialLine.WriteLine(Unsafe.AsRef(in line).Text);
}
