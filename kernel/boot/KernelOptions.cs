using Kilonova.Formats;

namespace Kilonova.Kernel;

/// <summary>What the kernel's command line asks for. Words that mean nothing to the kernel are the root task's.</summary>
public static class KernelOptions
{
    /// <summary>The serial port's usual place.</summary>
    public const ushort DefaultSerialPort = 0x3f8;

    /// <summary>serial=0x3f8, serial=off: the port of a 16550; 0 for none.</summary>
    public static ushort SerialPort { get; private set; }

    /// <summary>Whether the port was named; otherwise firmware tables may name another.</summary>
    public static bool SerialPortGiven { get; private set; }

    /// <summary>log=debug, info, warning, error: the least important level that is printed.</summary>
    public static LogLevel LogLevel { get; private set; }

    /// <summary>cpus=N: most CPUs that are started.</summary>
    public static uint MaxCpus { get; private set; }

    /// <summary>nox2apic: memory-mapped local APICs, where firmware has not decided otherwise.</summary>
    public static bool NoX2Apic { get; private set; }

    /// <summary>noiommu: IOMMUs are left alone, and devices reach all memory.</summary>
    public static bool NoIommu { get; private set; }

    /// <summary>barriers=on, barriers=off: instead of where the CPU needs them.</summary>
    public static BarrierOption Barriers { get; private set; }

    /// <summary>Reads the line; what is malformed counts as not given.</summary>
    public static void Read(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> serial = CommandLine.Value(line, "serial"u8);
        SerialPort = DefaultSerialPort;
        SerialPortGiven = false;
        if (Is(serial, "off"u8))
        {
            SerialPort = 0;
            SerialPortGiven = true;
        }
        else if (TryNumber(serial, out ulong port) && port is > 0 and <= 0xfff8)
        {
            SerialPort = (ushort)port;
            SerialPortGiven = true;
        }

        ReadOnlySpan<byte> level = CommandLine.Value(line, "log"u8);
        LogLevel = Is(level, "debug"u8) ? LogLevel.Debug
            : Is(level, "warning"u8) ? LogLevel.Warning
            : Is(level, "error"u8) ? LogLevel.Error
            : LogLevel.Info;

        MaxCpus = TryNumber(CommandLine.Value(line, "cpus"u8), out ulong cpus) && cpus is > 0 and < Cpu.Max ? (uint)cpus : Cpu.Max;
        ReadOnlySpan<byte> barriers = CommandLine.Value(line, "barriers"u8);
        Barriers = Is(barriers, "on"u8) ? BarrierOption.On : Is(barriers, "off"u8) ? BarrierOption.Off : BarrierOption.AsNeeded;
        NoX2Apic = CommandLine.Has(line, "nox2apic"u8);
        NoIommu = CommandLine.Has(line, "noiommu"u8);
    }

    /// <summary>A number, decimal or after 0x hexadecimal, of at most 64 bits.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> text, out ulong value)
    {
        bool hexadecimal = text.Length > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
        uint numberBase = hexadecimal ? 16u : 10u;
        int first = hexadecimal ? 2 : 0;
        value = 0;
        for (int i = first; i < text.Length; i++)
        {
            uint digit = DigitOf(text[i]);
            if (digit >= numberBase || value > (ulong.MaxValue - digit) / numberBase)
                return false;

            value = (value * numberBase) + digit;
        }

        return text.Length > first;
    }

    private static uint DigitOf(byte character)
    {
        uint letter = (uint)(character | 0x20) - 'a';
        return character is >= (byte)'0' and <= (byte)'9' ? character - (uint)'0' : letter < 26 ? letter + 10 : uint.MaxValue;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        if (text.Length != word.Length)
            return false;

        for (int i = 0; i < word.Length; i++)
        {
            if (text[i] != word[i])
                return false;
        }

        return true;
    }
}
