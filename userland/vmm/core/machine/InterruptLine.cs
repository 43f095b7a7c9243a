// Wires between devices and interrupt controllers.
namespace Kilonova.Vmm;

/// <summary>What interrupt wires end in.</summary>
public interface ILineSink
{
    /// <summary>Sets the level of an input. May be called on any CPU, under the caller's lock; must not block on a guest.</summary>
    void SetLine(int line, bool asserted);
}

/// <summary>A wire from one device to one input.</summary>
public sealed class InterruptLine
{
    private readonly ILineSink _sink;

    /// <summary>Lays a wire.</summary>
    public InterruptLine(ILineSink sink, int number)
    {
        _sink = sink;
        Number = number;
    }

    /// <summary>The input that the wire ends in.</summary>
    public int Number { get; }

    /// <summary>Asserts or deasserts the line.</summary>
    public void Set(bool asserted) => _sink.SetLine(Number, asserted);

    /// <summary>Asserts the line and deasserts it at once: one edge.</summary>
    public void Pulse()
    {
        _sink.SetLine(Number, true);
        _sink.SetLine(Number, false);
    }
}

/// <summary>Lines that several devices share: asserted while any of them asserts it.</summary>
public sealed class SharedLines : ILineSink
{
    private const int SourcesPerLine = 32;

    private readonly ILineSink _sink;
    private readonly ILock _lock;
    private readonly int _firstLine;
    private readonly uint[] _asserted;

    /// <summary>Makes shared inputs.</summary>
    /// <param name="sink">Where the lines end.</param>
    /// <param name="firstLine">The sink's number of line 0.</param>
    /// <param name="lines">Number of lines.</param>
    /// <param name="guard">Guards the order of changes; taken before the sink's own.</param>
    public SharedLines(ILineSink sink, int firstLine, int lines, ILock guard)
    {
        _sink = sink;
        _firstLine = firstLine;
        _lock = guard;
        _asserted = new uint[lines];
    }

    /// <summary>The wire of one device to one line.</summary>
    /// <param name="line">The shared line, from 0.</param>
    /// <param name="source">Which of its 32 devices.</param>
    public InterruptLine Connect(int line, int source) => new InterruptLine(this, (line * SourcesPerLine) + source);

    /// <inheritdoc/>
    public void SetLine(int line, bool asserted)
    {
        int shared = line / SourcesPerLine;
        uint bit = 1u << (line % SourcesPerLine);
        _lock.Enter();
        uint before = _asserted[shared];
        uint after = asserted ? before | bit : before & ~bit;
        _asserted[shared] = after;
        if (before == 0 != (after == 0))
            _sink.SetLine(_firstLine + shared, asserted);
        _lock.Leave();
    }
}

/// <summary>Takes message-signalled interrupts: what a device writes to 0xfee00000 and above.</summary>
public interface IMessageSink
{
    /// <summary>Delivers a message in the compatibility format (Intel SDM volume 3, section 11.11). Does not block.</summary>
    void Send(ulong address, uint data);
}
