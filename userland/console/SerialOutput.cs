using Kilonova.Serial;

namespace Kilonova.Console;

/// <summary>The first serial port as a terminal's output; firmware or kernel has set it up.</summary>
internal readonly struct SerialOutput : ITerminalOutput
{
    internal static SerialPort Port => new(SerialPort.First);

    public void Write(byte value) => Port.Write(value);
}
