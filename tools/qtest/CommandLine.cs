using System;
using System.Collections.Generic;
using System.Globalization;

namespace Kilonova.Qtest;

/// <summary>A value of the form "first,key=value,key=value", as options of QEMU have them; ",," stands for a comma.</summary>
public sealed class OptionValue
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Takes a value apart.</summary>
    /// <param name="text">The value.</param>
    /// <param name="first">The key of a first part without "=".</param>
    public OptionValue(string text, string first)
    {
        string[] parts = text.Replace(",,", "\0", StringComparison.Ordinal).Split(',');
        for (int i = 0; i < parts.Length; i++)
        {
            string part = parts[i].Replace('\0', ',');
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0)
                _values[part[..equals]] = part[(equals + 1)..];
            else
                _values[i == 0 ? first : part] = i == 0 ? part : "on";
        }
    }

    /// <summary>The value of a key, or null.</summary>
    public string? this[string key] => _values.GetValueOrDefault(key);

    /// <summary>The value of a key that must be there.</summary>
    public string Require(string option, string key) =>
        this[key] ?? throw new UsageException($"-{option} needs {key}=");

    /// <summary>Adds what is not there yet.</summary>
    public void SetDefault(string key, string value) => _values.TryAdd(key, value);
}

/// <summary>The command line is not one that the program understands.</summary>
public sealed class UsageException(string message) : Exception(message);

/// <summary>The options that matter to the models, by QEMU's names. Options about what is not modelled are accepted and ignored.</summary>
public sealed class CommandLine
{
    private static readonly HashSet<string> s_flags = ["nodefaults", "no-user-config", "S", "no-shutdown", "no-reboot", "nographic", "no-hpet"];

    private static readonly HashSet<string> s_ignored =
    [
        "accel", "audio", "audiodev", "boot", "cpu", "display", "name", "object", "qtest-log", "rtc", "serial", "smp", "trace", "vga", "D", "d", "uuid",
    ];

    /// <summary>Address of the socket that speaks qtest: "unix:path".</summary>
    public string? Qtest { get; private set; }

    /// <summary>Machine type: q35, pc or none.</summary>
    public string Machine { get; private set; } = "pc";

    /// <summary>Bytes of memory.</summary>
    public ulong MemorySize { get; private set; } = 128ul << 20;

    /// <summary>Path of the socket that speaks QMP, or null.</summary>
    public string? MonitorPath { get; private set; }

    /// <summary>Disks, by id.</summary>
    public Dictionary<string, OptionValue> Drives { get; } = new(StringComparer.Ordinal);

    /// <summary>Networks, by id.</summary>
    public Dictionary<string, OptionValue> Networks { get; } = new(StringComparer.Ordinal);

    /// <summary>Devices, in order.</summary>
    public List<OptionValue> Devices { get; } = [];

    /// <summary>Reads a command line.</summary>
    /// <exception cref="UsageException">It cannot be understood.</exception>
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        var result = new CommandLine();
        var characterDevices = new Dictionary<string, string>(StringComparer.Ordinal);
        var globals = new List<(string Driver, string Property, string Value)>();
        for (int i = 0; i < arguments.Count; i++)
        {
            string option = arguments[i].TrimStart('-');
            if (s_flags.Contains(option))
                continue;
            if (++i == arguments.Count)
                throw new UsageException($"-{option} needs a value");
            result.Set(option, arguments[i], characterDevices, globals);
        }

        foreach (OptionValue device in result.Devices)
        {
            foreach ((string driver, string property, string value) in globals)
            {
                if (device["driver"] == driver)
                    device.SetDefault(property, value);
            }
        }

        return result;
    }

    private void Set(
        string option, string value, Dictionary<string, string> characterDevices, List<(string Driver, string Property, string Value)> globals)
    {
        switch (option)
        {
            case "qtest":
                Qtest = value;
                break;
            case "M" or "machine":
                Machine = new OptionValue(value, "type")["type"] ?? "pc";
                break;
            case "m":
                MemorySize = ParseSize(new OptionValue(value, "size").Require(option, "size"));
                break;
            case "chardev":
                var character = new OptionValue(value, "backend");
                if (character["path"] is string path)
                    characterDevices[character.Require(option, "id")] = path;
                break;
            case "mon":
                string id = new OptionValue(value, "chardev").Require(option, "chardev");
                MonitorPath = characterDevices.GetValueOrDefault(id) ?? throw new UsageException($"-mon: no -chardev socket,path=...,id={id}");
                break;
            case "drive":
                var drive = new OptionValue(value, "file");
                Drives[drive["id"] ?? $"drive{Drives.Count}"] = drive;
                if (drive["if"] is not "none")
                    Devices.Add(new OptionValue($"ide-hd,drive={drive["id"] ?? $"drive{Drives.Count - 1}"}", "driver"));
                break;
            case "blockdev":
                var block = new OptionValue(value, "driver");
                Drives[block.Require(option, "node-name")] = block;
                break;
            case "netdev":
                var network = new OptionValue(value, "type");
                Networks[network.Require(option, "id")] = network;
                break;
            case "device":
                Devices.Add(new OptionValue(value, "driver"));
                break;
            case "global":
                int dot = value.IndexOf('.', StringComparison.Ordinal);
                int equals = value.IndexOf('=', StringComparison.Ordinal);
                if (dot < 0 || equals < dot)
                    throw new UsageException("-global wants driver.property=value");
                globals.Add((value[..dot], value[(dot + 1)..equals], value[(equals + 1)..]));
                break;
            default:
                if (!s_ignored.Contains(option))
                    throw new UsageException($"unknown option -{option}");
                break;
        }
    }

    // A number of MiB, or with a suffix.
    private static ulong ParseSize(string text)
    {
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        string digits = shift == 0 ? text : text[..^1];
        return ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && number != 0
            ? number << (shift == 0 ? 20 : shift)
            : throw new UsageException($"-m: {text} is no size");
    }
}
