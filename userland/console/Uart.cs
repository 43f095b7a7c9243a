using Kilonova.Runtime;

namespace Kilonova.Console;

/// <summary>The first serial port of a PC, a 16550 that firmware or kernel has set up. PC16550D data sheet, section 8.</summary>
internal readonly struct Uart : ITerminalOutput
{
    private const uint Base = 0x3f8;
    private const uint InterruptEnable = Base + 1;
    private const uint ModemControl = Base + 4;
    private const uint LineStatus = Base + 5;
    private const uint DataReady = 1 << 0;
    private const uint TransmitterEmpty = 1 << 5;
    private const uint ReceivedDataAvailable = 1 << 0;
    private const uint ReadyAndInterruptsOut = 0xb; // DTR, RTS, OUT2
    private const uint NoPort = 0xff;
    private const int MaxPolls = 1_000_000;

    /// <summary>Lets the port raise an interrupt for every byte that arrives.</summary>
    internal static void EnableInterrupts()
    {
        Ports.Out8(ModemControl, ReadyAndInterruptsOut);
        Ports.Out8(InterruptEnable, ReceivedDataAvailable);
    }

    /// <summary>Takes a byte that has arrived.</summary>
    internal static bool TryRead(out byte value)
    {
        var status = Ports.In8(LineStatus);
        var ready = status != NoPort && (status & DataReady) != 0;
        value = ready ? (byte)Ports.In8(Base) : (byte)0;
        return ready;
    }

    public void Write(byte value)
    {
        for (var i = 0; i < MaxPolls && (Ports.In8(LineStatus) & TransmitterEmpty) == 0; i++)
        {
        }

        Ports.Out8(Base, value);
    }
}
