using System;
using Kilonova.Runtime;

namespace Kilonova.Serial;

/// <summary>A serial port of a PC, a 16550. PC16550D data sheet, section 8. One thread at a time for each direction.</summary>
public readonly struct SerialPort
{
    /// <summary>COM1: its first of 8 ports. Interrupt 4.</summary>
    public const ushort First = 0x3f8;

    /// <summary>COM2: its first of 8 ports. Interrupt 3.</summary>
    public const ushort Second = 0x2f8;

    // Registers, counted from the first port.
    private const uint Data = 0;
    private const uint InterruptEnable = 1;
    private const uint FifoControl = 2;
    private const uint LineControl = 3;
    private const uint ModemControl = 4;
    private const uint LineStatus = 5;

    private const uint DataReady = 1 << 0;
    private const uint TransmitterEmpty = 1 << 5;
    private const uint ReceivedDataAvailable = 1 << 0;
    private const uint DivisorLatch = 1 << 7;
    private const uint EightBitsOneStop = 3;
    private const uint Baud115200 = 1;
    private const uint EnableAndClearFifos = 7;
    private const uint ReadyAndInterruptsOut = 0xb; // DTR, RTS, OUT2
    private const uint NoPort = 0xff;
    private const int MaxPolls = 1_000_000;
    private const int FifoSize = 16;

    private readonly uint _base;

    /// <summary>A port by its first of 8 I/O ports, which the component's line grants.</summary>
    public SerialPort(ushort first) => _base = first;

    /// <summary>Whether there is a port at all.</summary>
    public bool Exists => Ports.In8(_base + LineStatus) != NoPort;

    /// <summary>Sets a port up that nobody has set up before: 115,200 baud, 8 bits, no parity, 1 stop bit, FIFOs on.</summary>
    public void Configure()
    {
        Ports.Out8(_base + InterruptEnable, 0);
        Ports.Out8(_base + LineControl, DivisorLatch);
        Ports.Out8(_base + Data, Baud115200);
        Ports.Out8(_base + InterruptEnable, 0);
        Ports.Out8(_base + LineControl, EightBitsOneStop);
        Ports.Out8(_base + FifoControl, EnableAndClearFifos);
    }

    /// <summary>Lets the port raise an interrupt for every byte that arrives.</summary>
    public void EnableInterrupts()
    {
        Ports.Out8(_base + ModemControl, ReadyAndInterruptsOut);
        Ports.Out8(_base + InterruptEnable, ReceivedDataAvailable);
    }

    /// <summary>Takes a byte that has arrived.</summary>
    public bool TryRead(out byte value)
    {
        var status = Ports.In8(_base + LineStatus);
        var ready = status != NoPort && (status & DataReady) != 0;
        value = ready ? (byte)Ports.In8(_base + Data) : (byte)0;
        return ready;
    }

    /// <summary>Sends a byte once there is room; a port that never has room loses it.</summary>
    public void Write(byte value)
    {
        WaitForRoom();
        Ports.Out8(_base + Data, value);
    }

    /// <summary>Sends bytes, as many at a time as the FIFO of <see cref="Configure"/> takes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (i % FifoSize == 0)
                WaitForRoom();

            Ports.Out8(_base + Data, bytes[i]);
        }
    }

    private void WaitForRoom()
    {
        for (var i = 0; i < MaxPolls && (Ports.In8(_base + LineStatus) & TransmitterEmpty) == 0; i++)
        {
        }
    }
}
