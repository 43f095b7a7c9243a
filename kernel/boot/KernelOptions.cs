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
        if (CommandLine.Is(serial, "off"u8))
        {
            SerialPort = 0;
            SerialPortGiven = true;
        }
        else if (CommandLine.TryNumber(serial, out ulong port) && port is > 0 and <= 0xfff8)
        {
            SerialPort = (ushort)port;
            SerialPortGiven = true;
        }

        ReadOnlySpan<byte> level = CommandLine.Value(line, "log"u8);
        LogLevel = CommandLine.Is(level, "debug"u8) ? LogLevel.Debug
            : CommandLine.Is(level, "warning"u8) ? LogLevel.Warning
            : CommandLine.Is(level, "error"u8) ? LogLevel.Error
            : LogLevel.Info;

        MaxCpus = CommandLine.TryNumber(CommandLine.Value(line, "cpus"u8), out ulong cpus) && cpus is > 0 and < Cpu.Max ? (uint)cpus : Cpu.Max;
        ReadOnlySpan<byte> barriers = CommandLine.Value(line, "barriers"u8);
        Barriers = CommandLine.Is(barriers, "on"u8) ? BarrierOption.On : CommandLine.Is(barriers, "off"u8) ? BarrierOption.Off : BarrierOption.AsNeeded;
        NoX2Apic = CommandLine.Has(line, "nox2apic"u8);
        NoIommu = CommandLine.Has(line, "noiommu"u8);
    }
}
