using System;
using Kilonova.Contracts;
using Kilonova.Formats;
using Kilonova.Manifest;

namespace Kilonova.Sigma0;

/// <summary>What files there are for guests.</summary>
public interface IGuestFiles
{
    /// <summary>Whether an image is a monitor's.</summary>
    bool IsMonitor(ReadOnlySpan<byte> image);

    /// <summary>Whether there is a file of this name.</summary>
    bool Exists(ReadOnlySpan<byte> file);
}

/// <summary>
/// What a guest is at its next start: first what its manifest line says, then what somebody has said since. It never gets more than the line
/// grants. Nothing is allocated after its construction; one thread changes it.
/// </summary>
public sealed class GuestDefinition
{
    /// <summary>Longest text of <see cref="Change"/>, in bytes.</summary>
    public const int MaxText = 384;

    /// <summary>Pages to MiB.</summary>
    public const int MebiByteShift = 8;

    private const int MaxFile = 64;

    private readonly Text _image;
    private readonly Text _kernel;
    private readonly Text _disk;
    private readonly Text _commandLine;
    private readonly ulong _grantedPages;

    /// <summary>Begins with what the line says.</summary>
    public GuestDefinition(byte[] image, GuestLine line)
    {
        _image = new Text(image, MaxFile);
        _kernel = new Text(line.Kernel, MaxFile);
        _disk = new Text(line.Disk, MaxFile);
        _commandLine = new Text(line.CommandLine, MaxText);
        _grantedPages = line.MemoryPages;
        MemoryPages = line.MemoryPages;
        VirtualCpus = line.VirtualCpus;
    }

    /// <summary>File of the monitor's image.</summary>
    public ReadOnlySpan<byte> Image => _image.Value;

    /// <summary>The monitor's name: "linux" of vmm-linux.elf; the file's own for a file of another name.</summary>
    public ReadOnlySpan<byte> Monitor
    {
        get
        {
            var image = _image.Value;
            return image.Length > Prefix.Length + Suffix.Length && image.StartsWith(Prefix) && image.EndsWith(Suffix)
                ? image.Slice(Prefix.Length, image.Length - Prefix.Length - Suffix.Length)
                : image;
        }
    }

    /// <summary>File of its kernel.</summary>
    public ReadOnlySpan<byte> Kernel => _kernel.Value;

    /// <summary>File of its initial RAM disk; empty for none.</summary>
    public ReadOnlySpan<byte> Disk => _disk.Value;

    /// <summary>What the kernel is told.</summary>
    public ReadOnlySpan<byte> CommandLine => _commandLine.Value;

    /// <summary>Pages of memory.</summary>
    public ulong MemoryPages { get; private set; }

    /// <summary>Virtual CPUs.</summary>
    public uint VirtualCpus { get; private set; }

    /// <summary>Pages that it costs.</summary>
    public ulong AllPages => MemoryPages + GuestLine.TailPages;

    private static ReadOnlySpan<byte> Prefix => "vmm-"u8;

    private static ReadOnlySpan<byte> Suffix => ".elf"u8;

    /// <summary>
    /// Changes what the words name: "monitor=NAME", "kernel=FILE", "initrd=FILE" or "initrd=" for none, "memory=MIB", "vcpus=NUMBER", and last
    /// "command-line=" with all that follows it. All of it, or nothing.
    /// </summary>
    /// <returns>
    /// NotFound: a file that is not there. Exhausted: more memory than the line grants. InvalidArgument: a word that makes no sense, or none.
    /// </returns>
    public ContractStatus Change<TFiles>(ReadOnlySpan<byte> text, TFiles files)
        where TFiles : struct, IGuestFiles
    {
        Span<byte> image = stackalloc byte[MaxFile];
        var monitor = ReadOnlySpan<byte>.Empty;
        var kernel = Kernel;
        var disk = Disk;
        var commandLine = CommandLine;
        var pages = MemoryPages;
        var cpus = (ulong)VirtualCpus;
        var cursor = 0u;
        var words = 0;
        while (true)
        {
            var word = Formats.CommandLine.Next(text, ref cursor);
            if (word.IsEmpty)
                break;

            words++;
            if (TryTake(word, "monitor="u8, out var value))
            {
                if (value.IsEmpty || value.Length > MaxFile - Prefix.Length - Suffix.Length)
                    return ContractStatus.InvalidArgument;

                monitor = value;
            }
            else if (TryTake(word, "kernel="u8, out value))
                kernel = value;
            else if (TryTake(word, "initrd="u8, out value))
                disk = value;
            else if (TryTake(word, "memory="u8, out value))
            {
                var number = value.Length > 1 && value[value.Length - 1] == 'M' ? value.Slice(0, value.Length - 1) : value;
                if (!TryNumber(number, uint.MaxValue, out pages) || (pages <<= MebiByteShift) % GuestLine.MemoryAlignment != 0)
                    return ContractStatus.InvalidArgument;
            }
            else if (TryTake(word, "vcpus="u8, out value))
            {
                if (!TryNumber(value, GuestLine.MaxCpus, out cpus))
                    return ContractStatus.InvalidArgument;
            }
            else if (TryTake(word, "command-line="u8, out value))
            {
                commandLine = text.Slice((int)cursor - value.Length);
                break;
            }
            else
                return ContractStatus.InvalidArgument;
        }

        if (words == 0 || kernel.IsEmpty || kernel.Length > MaxFile || disk.Length > MaxFile || commandLine.Length > MaxText)
            return ContractStatus.InvalidArgument;

        if (pages > _grantedPages)
            return ContractStatus.Exhausted;

        scoped var chosen = Image;
        if (!monitor.IsEmpty)
        {
            Prefix.CopyTo(image);
            monitor.CopyTo(image.Slice(Prefix.Length));
            Suffix.CopyTo(image.Slice(Prefix.Length + monitor.Length));
            chosen = image.Slice(0, Prefix.Length + monitor.Length + Suffix.Length);
        }

        if (!files.IsMonitor(chosen) || !files.Exists(kernel) || (!disk.IsEmpty && !files.Exists(disk)))
            return ContractStatus.NotFound;

        _image.Set(chosen);
        _kernel.Set(kernel);
        _disk.Set(disk);
        _commandLine.Set(commandLine);
        MemoryPages = pages;
        VirtualCpus = (uint)cpus;
        return ContractStatus.Ok;
    }

    private static bool TryTake(ReadOnlySpan<byte> word, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        var isThere = word.StartsWith(key);
        value = isThere ? word.Slice(key.Length) : ReadOnlySpan<byte>.Empty;
        return isThere;
    }

    // From 1 on.
    private static bool TryNumber(ReadOnlySpan<byte> text, ulong most, out ulong number) =>
        Formats.CommandLine.TryNumber(text, out number) && number - 1 < most;

    // A text that changes in place; what the line says may be longer than what can be said later.
    private sealed class Text
    {
        private readonly byte[] _bytes;
        private int _length;

        internal Text(byte[] first, int capacity)
        {
            _bytes = new byte[Math.Max(first.Length, capacity)];
            Set(first);
        }

        internal ReadOnlySpan<byte> Value => _bytes.AsSpan(0, _length);

        internal void Set(ReadOnlySpan<byte> text)
        {
            text.CopyTo(_bytes);
            _length = text.Length;
        }
    }
}
