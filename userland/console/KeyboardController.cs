using Kilonova.Runtime;

namespace Kilonova.Console;

/// <summary>
/// The keyboard controller of a PC, the 8042 and what firmware emulates of it, which gives scan code set 1. IBM PS/2 Hardware Interface
/// Technical Reference, "Keyboard and Auxiliary Device Controller".
/// </summary>
internal static class KeyboardController
{
    private const uint Data = 0x60;
    private const uint Status = 0x64;
    private const uint Command = 0x64;

    private const uint OutputFull = 1 << 0;
    private const uint InputFull = 1 << 1;
    private const uint FromMouse = 1 << 5;
    private const uint NoPort = 0xff;

    private const uint ReadConfiguration = 0x20;
    private const uint WriteConfiguration = 0x60;
    private const uint DisableMouse = 0xa7;
    private const uint DisableKeyboard = 0xad;
    private const uint EnableKeyboard = 0xae;
    private const uint InterruptsOn = 3;
    private const uint ClockOff = 1 << 4;
    private const uint Translate = 1 << 6;
    private const uint EnableScanning = 0xf4;
    private const byte Acknowledge = 0xfa;

    private const int MaxPolls = 100_000;
    private const int MaxStale = 64;

    /// <summary>Whether there is one at all.</summary>
    internal static bool Exists => Ports.In8(Status) != NoPort;

    /// <summary>Makes the keyboard send what <see cref="Keyboard"/> reads, without interrupts: it is asked.</summary>
    internal static void Configure()
    {
        Send(Command, DisableKeyboard);
        Send(Command, DisableMouse);
        Drain();
        Send(Command, ReadConfiguration);
        var configuration = Wait(out var value) ? value : Translate;
        Send(Command, WriteConfiguration);
        Send(Data, (configuration & ~(InterruptsOn | ClockOff)) | Translate);
        Send(Command, EnableKeyboard);
        Send(Data, EnableScanning);
        if (Wait(out var answer) && answer != Acknowledge)
            Drain();
    }

    /// <summary>Takes a byte of the keyboard's that has arrived.</summary>
    internal static bool TryRead(out byte value)
    {
        value = 0;
        var status = Ports.In8(Status);
        if (status == NoPort || (status & OutputFull) == 0)
            return false;

        value = (byte)Ports.In8(Data);
        return (status & FromMouse) == 0;
    }

    private static void Send(uint port, uint value)
    {
        for (var i = 0; i < MaxPolls && (Ports.In8(Status) & InputFull) != 0; i++)
        {
        }

        Ports.Out8(port, value);
    }

    private static bool Wait(out uint value)
    {
        for (var i = 0; i < MaxPolls; i++)
        {
            if ((Ports.In8(Status) & OutputFull) != 0)
            {
                value = Ports.In8(Data);
                return true;
            }
        }

        value = 0;
        return false;
    }

    private static void Drain()
    {
        for (var i = 0; i < MaxStale && (Ports.In8(Status) & OutputFull) != 0; i++)
            _ = Ports.In8(Data);
    }
}
