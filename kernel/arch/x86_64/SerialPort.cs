namespace Kilonova.Kernel;

/// <summary>
/// A 16550 at an I/O port, polled: 115200 baud, 8 data bits, no parity, 1 stop bit (specification, section C.2). Where there is none, or
/// where it stops taking characters, writing costs nothing.
/// </summary>
public static class SerialPort
{
    private const byte TransmitHolding = 0;
    private const byte InterruptEnable = 1;
    private const byte FifoControl = 2;
    private const byte LineControl = 3;
    private const byte ModemControl = 4;
    private const byte LineStatus = 5;
    private const byte Scratch = 7;

    private const byte DivisorLatch = 0x80;
    private const byte EightBits = 0x03;
    private const byte Loopback = 0x1e;
    private const byte ReadyOutputs = 0x03;
    private const byte EnableFifos = 0x07;
    private const byte DataReady = 0x01;
    private const byte TransmitEmpty = 0x20;
    private const byte Divisor115200 = 1;
    private const byte LoopedBack = 0xa5;

    /// <summary>A character takes 87 microseconds; a port access at least half a microsecond.</summary>
    private const int Patience = 20_000;

    /// <summary>Registers and what is written to them to set the line up and, looped back, to send a character.</summary>
    private static ReadOnlySpan<byte> Sequence =>
    [
        InterruptEnable, 0,
        LineControl, DivisorLatch,
        TransmitHolding, Divisor115200,
        InterruptEnable, 0,
        LineControl, EightBits,
        FifoControl, EnableFifos,
        ModemControl, Loopback,
        TransmitHolding, LoopedBack,
    ];

    private static ushort s_port;

    /// <summary>Uses the UART at a port if there is one; 0 for none.</summary>
    public static bool TryInitialize(ushort port)
    {
        s_port = 0;
        if (port == 0 || !IsPresent(port))
            return false;

        s_port = port;
        return true;
    }

    /// <summary>Sends a character.</summary>
    public static void Write(byte character)
    {
        ushort port = s_port;
        if (port == 0)
            return;

        for (int i = 0; i < Patience; i++)
        {
            if ((Port.Read8((ushort)(port + LineStatus)) & TransmitEmpty) != 0)
            {
                Port.Write8((ushort)(port + TransmitHolding), character);
                return;
            }
        }

        s_port = 0;
    }

    /// <summary>A 16550 keeps what is written to its scratch register and, looped back, receives what it sends.</summary>
    private static bool IsPresent(ushort port)
    {
        Port.Write8((ushort)(port + Scratch), 0x5a);
        if (Port.Read8((ushort)(port + Scratch)) != 0x5a)
            return false;

        Port.WriteAll(port, Sequence);
        bool present = false;
        for (int i = 0; i < Patience && !present; i++)
            present = (Port.Read8((ushort)(port + LineStatus)) & DataReady) != 0;

        present = present && Port.Read8((ushort)(port + TransmitHolding)) == LoopedBack;
        Port.Write8((ushort)(port + ModemControl), ReadyOutputs);
        return present;
    }
}
