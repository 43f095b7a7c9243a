using Kilonova.Runtime;

namespace Kilonova.Sigma0;

/// <summary>The serial line as the printer uses it.</summary>
internal static class Serial
{
    /// <summary>Writes a line.</summary>
    internal static void Write(scoped ref Line line) => SerialLine.WriteLine(line.Text);
}
