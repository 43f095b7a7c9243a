using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Kilonova.Vmm;
using Kilonova.Vmm.Models;

namespace Kilonova.Qtest;

/// <summary>
/// The qtest protocol: lines of words, each answered by a line that begins with OK or FAIL (QEMU documentation, "QTest Device Emulation
/// Testing Framework").
/// </summary>
internal sealed class QtestSession
{
    private const string Success = "OK";

    private const ushort FirstDataPort = PciHost.AddressPort + 4;

    private readonly HostMachine _machine;
    private readonly Action<string> _send;

    // Which byte of a configuration register was addressed last.
    private int _registerByte;

    public QtestSession(HostMachine machine, Action<string> send)
    {
        _machine = machine;
        _send = send;
    }

    /// <summary>Executes a line and sends its answer.</summary>
    public void Execute(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
            return;
        string answer;
        try
        {
            answer = Answer(words);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or IndexOutOfRangeException)
        {
            answer = $"FAIL {words[0]}: {exception.Message}";
        }

        _send(answer + "\n");
    }

    private string Answer(string[] words)
    {
        switch (words[0])
        {
            case "inb" or "inw" or "inl":
                int count = Size(words[0], 2);
                return $"OK 0x{_machine.Ports.Read(DataPort(Port(words[1]), count), count):x4}";
            case "outb" or "outw" or "outl":
                int width = Size(words[0], 3);
                WritePort(Port(words[1]), width, (uint)Number(words[2]) & (uint)(ulong.MaxValue >> (64 - (8 * width))));
                return Success;
            case "readb" or "readw" or "readl" or "readq":
                return $"OK 0x{_machine.Read(Number(words[1]), Size(words[0], 4)):x16}";
            case "writeb" or "writew" or "writel" or "writeq":
                int size = Size(words[0], 5);
                _machine.Write(Number(words[1]), size, Number(words[2]) & (ulong.MaxValue >> (64 - (8 * size))));
                return Success;
            case "read":
                return "OK 0x" + Convert.ToHexStringLower(ReadBlock(Number(words[1]), Length(words[2])));
            case "b64read":
                return "OK " + Convert.ToBase64String(ReadBlock(Number(words[1]), Length(words[2])));
            case "write":
                WriteBlock(Number(words[1]), Length(words[2]), Convert.FromHexString(words[3].AsSpan(2)));
                return Success;
            case "b64write":
                WriteBlock(Number(words[1]), Length(words[2]), Convert.FromBase64String(words[3]));
                return Success;
            case "memset":
                Fill(Number(words[1]), Number(words[2]), (byte)Number(words[3]));
                return Success;
            case "clock_step":
                _machine.Clock.Step(words.Length > 1 ? Number(words[1]) : null);
                return $"OK {_machine.Clock.Now}";
            case "clock_set":
                _machine.Clock.AdvanceTo(Number(words[1]));
                return $"OK {_machine.Clock.Now}";
            case "endianness":
                return "OK little";
            case "irq_intercept_in" or "irq_intercept_out":
                return Success;
            default:
                return $"FAIL Unknown command '{words[0]}'";
        }
    }

    private void WritePort(ushort port, int size, uint value)
    {
        if (port == PciHost.AddressPort && size == sizeof(uint))
            _registerByte = (int)(value & 3);
        _machine.Ports.Write(DataPort(port, size), size, value);
    }

    // A bridge of hardware ignores the low bits of an address, and takes the byte from the data port. Device tests of QEMU's name any byte by the
    // address, and use the first data port.
    private ushort DataPort(ushort port, int size) =>
        port >= FirstDataPort && port + _registerByte + size <= FirstDataPort + sizeof(uint) ? (ushort)(port + _registerByte) : port;

    private static int Size(string word, int at) => word[at] switch { 'b' => 1, 'w' => 2, 'l' => 4, _ => 8 };

    private static ulong Number(string word) => word.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? ulong.Parse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
        : ulong.Parse(word, NumberStyles.None, CultureInfo.InvariantCulture);

    private static ushort Port(string word) => checked((ushort)Number(word));

    private static int Length(string word) => checked((int)Number(word));

    private byte[] ReadBlock(ulong address, int length)
    {
        var bytes = new byte[length];
        if (!_machine.Memory.Read(address, bytes))
        {
            for (int i = 0, size; i < length; i += size)
            {
                size = SizeAt(address + (ulong)i, length - i);
                ulong value = _machine.Read(address + (ulong)i, size);
                for (int part = 0; part < size; part++)
                    bytes[i + part] = (byte)(value >> (8 * part));
            }
        }

        return bytes;
    }

    // Data that is shorter than the length is filled up with zeroes.
    private void WriteBlock(ulong address, int length, byte[] data)
    {
        Array.Resize(ref data, length);
        if (_machine.Memory.Write(address, data))
            return;
        for (int i = 0, size; i < length; i += size)
        {
            size = SizeAt(address + (ulong)i, length - i);
            ulong value = 0;
            for (int part = 0; part < size; part++)
                value |= (ulong)data[i + part] << (8 * part);
            _machine.Write(address + (ulong)i, size, value);
        }
    }

    // Registers are accessed in the largest aligned pieces, up to 4 bytes.
    private static int SizeAt(ulong address, int left) => (address & 3) == 0 && left >= 4 ? 4 : (address & 1) == 0 && left >= 2 ? 2 : 1;

    private void Fill(ulong address, ulong length, byte value)
    {
        Span<byte> piece = stackalloc byte[4096];
        piece.Fill(value);
        for (ulong done = 0; done < length; done += (ulong)piece.Length)
        {
            var rest = (int)Math.Min((ulong)piece.Length, length - done);
            _machine.Memory.Write(address + done, piece[..rest]);
        }
    }
}
