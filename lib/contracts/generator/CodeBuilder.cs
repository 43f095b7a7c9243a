// Lines of C# with indentation.
using System.Text;

namespace Kilonova.Contracts.Generator;

internal sealed class CodeBuilder
{
    private const int SpacesPerLevel = 4;

    private readonly StringBuilder _text = new();
    private int _level;

    public void Line(string line = "")
    {
        if (line.Length > 0)
            _text.Append(' ', _level * SpacesPerLevel).Append(line);
        _text.Append('\n');
    }

    public void Open(string? line = null)
    {
        if (line is not null)
            Line(line);
        Line("{");
        _level++;
    }

    public void Close()
    {
        _level--;
        Line("}");
    }

    /// <summary>A line one level further in: the body of an if without braces.</summary>
    public void Inner(string line)
    {
        _level++;
        Line(line);
        _level--;
    }

    public override string ToString() => _text.ToString();
}
