using System.Text;
using Kilonova.Vmm.Models;

namespace Kilonova.Vmm.Tests;

/// <summary>Keeps what a console was sent.</summary>
internal sealed class SinkRecorder : ISerialSink
{
    private readonly StringBuilder _text = new();

    public string Text => _text.ToString();

    /// <summary>Keep nothing.</summary>
    public bool IsQuiet { get; set; }

    public void Transmit(byte value)
    {
        if (!IsQuiet)
            _text.Append((char)value);
    }

    public string Take()
    {
        string text = Text;
        _text.Clear();
        return text;
    }
}

/// <summary>Entropy that counts, and can run dry.</summary>
internal sealed class CountingEntropy : IEntropySource
{
    public int Left { get; set; } = int.MaxValue;

    private ulong _next = 0x0706_0504_0302_0100;

    public bool TryGet(out ulong value)
    {
        value = _next;
        if (Left == 0)
            return false;
        Left--;
        _next += 0x0808_0808_0808_0808;
        return true;
    }
}
