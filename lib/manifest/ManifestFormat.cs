using System;
using Kilonova.MessagePack;

namespace Kilonova.Manifest;

/// <summary>
/// The compiled manifest: an array of version and components, each an array of its fields in the order of <see cref="ComponentLine"/>.
/// </summary>
public static class ManifestFormat
{
    /// <summary>Raised by every change.</summary>
    public const uint Version = 4;

    /// <summary>Most components of a manifest: 64 that a scenario lists, and admission.</summary>
    public const int MaxComponents = 65;

    private const int Fields = 20;
    private const int GuestFields = 5;
    private const int MaxEntries = 64;

    /// <summary>Writes a manifest.</summary>
    /// <returns>Bytes written; 0 when they do not fit.</returns>
    public static int Write(ReadOnlySpan<ComponentLine> components, Span<byte> output)
    {
        var writer = new MessagePackWriter(output);
        writer.WriteArrayHeader(2);
        writer.WriteUInt64(Version);
        writer.WriteArrayHeader((uint)components.Length);
        foreach (var component in components)
            Write(ref writer, component);

        return writer.Status == MessagePackStatus.Ok ? writer.Position : 0;
    }

    /// <summary>Reads a manifest, at start-up: it allocates what it returns.</summary>
    /// <returns>False when the input is not such a manifest, whole and valid.</returns>
    public static bool TryRead(ReadOnlySpan<byte> input, out ComponentLine[] components)
    {
        components = [];
        var reader = new MessagePackReader(input);
        if (!reader.TryReadArrayHeader(out var count) || count != 2 || !reader.TryReadUInt32(out var version) || version != Version
            || !reader.TryReadArrayHeader(out count) || count > MaxComponents)
            return false;

        var lines = new ComponentLine[count];
        for (var i = 0; i < count; i++)
        {
            if (!TryRead(ref reader, out var line))
                return false;

            lines[i] = line;
        }

        if (!reader.TryReadEnd())
            return false;

        components = lines;
        return true;
    }

    private static void Write(ref MessagePackWriter writer, ComponentLine line)
    {
        writer.WriteArrayHeader(Fields);
        writer.WriteString(line.Name);
        writer.WriteString(line.Image);
        writer.WriteString(line.Arguments);
        writer.WriteUInt64(line.MemoryPages);
        writer.WriteUInt64(line.HeapPages);
        writer.WriteUInt64(line.StackPages);
        writer.WriteUInt64(line.KernelPages);
        writer.WriteUInt64(line.Cpus);
        writer.WriteUInt64(line.Priority);
        writer.WriteUInt64((uint)line.Restart);
        writer.WriteBoolean(line.StartsAtBoot);
        writer.WriteBoolean(line.MaySchedule);
        writer.WriteBoolean(line.LearnsAddresses);
        writer.WriteBoolean(line.HasDisplay);
        Write(ref writer, line.Ports);
        Write(ref writer, line.DevicePages);
        writer.WriteArrayHeader((uint)line.Interrupts.Length);
        foreach (var interrupt in line.Interrupts)
            writer.WriteUInt64(interrupt);

        writer.WriteArrayHeader((uint)line.Offers.Length);
        foreach (var offer in line.Offers)
            writer.WriteString(offer);

        writer.WriteArrayHeader((uint)line.Uses.Length * 2);
        foreach (var use in line.Uses)
        {
            writer.WriteString(use.Name);
            writer.WriteString(use.Service);
        }

        if (line.Guest == null)
            writer.WriteArrayHeader(0);
        else
            Write(ref writer, line.Guest);
    }

    private static void Write(ref MessagePackWriter writer, GuestLine guest)
    {
        writer.WriteArrayHeader(GuestFields);
        writer.WriteString(guest.Kernel);
        writer.WriteString(guest.Disk);
        writer.WriteString(guest.CommandLine);
        writer.WriteUInt64(guest.MemoryPages);
        writer.WriteUInt64(guest.VirtualCpus);
    }

    private static void Write(ref MessagePackWriter writer, NumberRange[] ranges)
    {
        writer.WriteArrayHeader((uint)ranges.Length * 2);
        foreach (var range in ranges)
        {
            writer.WriteUInt64(range.First);
            writer.WriteUInt64(range.Count);
        }
    }

    private static bool TryRead(ref MessagePackReader reader, out ComponentLine line)
    {
        line = null!;
        if (!reader.TryReadArrayHeader(out var fields) || fields != Fields
            || !TryReadText(ref reader, out var name) || !TryReadText(ref reader, out var image) || !TryReadText(ref reader, out var arguments)
            || !reader.TryReadUInt32(out var memory) || !reader.TryReadUInt32(out var heap) || !reader.TryReadUInt32(out var stack)
            || stack - 1 >= ComponentLine.MostStackPages || !reader.TryReadUInt32(out var kernel)
            || !reader.TryReadUInt64(out var cpus) || !reader.TryReadUInt32(out var priority)
            || !reader.TryReadUInt32(out var restart) || restart > (uint)RestartPolicy.Always
            || !reader.TryReadBoolean(out var boot) || !reader.TryReadBoolean(out var schedule) || !reader.TryReadBoolean(out var addresses)
            || !reader.TryReadBoolean(out var display)
            || !TryReadRanges(ref reader, out var ports) || !TryReadRanges(ref reader, out var pages)
            || !TryReadInterrupts(ref reader, out var interrupts)
            || !TryReadTexts(ref reader, out var offers) || !TryReadTexts(ref reader, out var uses) || uses.Length % 2 != 0
            || !TryReadGuest(ref reader, out var guest))
            return false;

        var pairs = new ServiceUse[uses.Length / 2];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = new ServiceUse(uses[2 * i], uses[2 * i + 1]);

        line = new ComponentLine
        {
            Name = name,
            Image = image,
            Arguments = arguments,
            MemoryPages = memory,
            HeapPages = heap,
            StackPages = stack,
            KernelPages = kernel,
            Cpus = cpus,
            Priority = priority,
            Restart = (RestartPolicy)restart,
            StartsAtBoot = boot,
            MaySchedule = schedule,
            LearnsAddresses = addresses,
            HasDisplay = display,
            Ports = ports,
            DevicePages = pages,
            Interrupts = interrupts,
            Offers = offers,
            Uses = pairs,
            Guest = guest,
        };
        return true;
    }

    private static bool TryReadGuest(ref MessagePackReader reader, out GuestLine? guest)
    {
        guest = null;
        if (!reader.TryReadArrayHeader(out var fields) || fields is not (0 or GuestFields))
            return false;

        if (fields == 0)
            return true;

        if (!TryReadText(ref reader, out var kernel) || !TryReadText(ref reader, out var disk) || !TryReadText(ref reader, out var command)
            || !reader.TryReadUInt64(out var pages) || pages % GuestLine.MemoryAlignment != 0
            || !reader.TryReadUInt32(out var cpus) || cpus - 1 >= GuestLine.MaxCpus)
            return false;

        guest = new GuestLine(kernel, disk, command, pages, cpus);
        return true;
    }

    private static bool TryReadText(ref MessagePackReader reader, out byte[] text)
    {
        var read = reader.TryReadString(out var bytes);
        text = read ? bytes.ToArray() : [];
        return read;
    }

    private static bool TryReadTexts(ref MessagePackReader reader, out byte[][] texts)
    {
        texts = [];
        if (!reader.TryReadArrayHeader(out var count) || count > 2 * MaxEntries)
            return false;

        var read = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            if (!TryReadText(ref reader, out read[i]))
                return false;
        }

        texts = read;
        return true;
    }

    private static bool TryReadRanges(ref MessagePackReader reader, out NumberRange[] ranges)
    {
        ranges = [];
        if (!reader.TryReadArrayHeader(out var count) || count % 2 != 0 || count > 2 * MaxEntries)
            return false;

        var read = new NumberRange[count / 2];
        for (var i = 0; i < read.Length; i++)
        {
            if (!reader.TryReadUInt64(out var first) || !reader.TryReadUInt64(out var length))
                return false;

            read[i] = new NumberRange(first, length);
        }

        ranges = read;
        return true;
    }

    private static bool TryReadInterrupts(ref MessagePackReader reader, out uint[] interrupts)
    {
        interrupts = [];
        if (!reader.TryReadArrayHeader(out var count) || count > MaxEntries)
            return false;

        var read = new uint[count];
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadUInt32(out read[i]))
                return false;
        }

        interrupts = read;
        return true;
    }
}
