using System;

namespace Kilonova.Manifest;

/// <summary>What follows when a component ends.</summary>
public enum RestartPolicy : uint
{
    /// <summary>It stays ended until somebody starts it.</summary>
    Never = 0,

    /// <summary>It is started again unless it ended by itself with code 0.</summary>
    OnFailure = 1,

    /// <summary>It is started again.</summary>
    Always = 2,
}

/// <summary>Consecutive numbers: ports, or pages of device registers.</summary>
/// <param name="First">The first.</param>
/// <param name="Count">How many.</param>
public readonly record struct NumberRange(ulong First, ulong Count);

/// <summary>A service that a component uses.</summary>
/// <param name="Name">The component's name for it, UTF-8.</param>
/// <param name="Service">The name by which it is offered, UTF-8.</param>
public sealed record ServiceUse(byte[] Name, byte[] Service);

/// <summary>The guest of a component that is a virtual-machine monitor.</summary>
/// <param name="Kernel">File name of its kernel among the boot modules, UTF-8.</param>
/// <param name="Disk">File name of its initial RAM disk among them, UTF-8; empty for none.</param>
/// <param name="CommandLine">What the kernel is told, UTF-8.</param>
/// <param name="MemoryPages">Pages of memory, a multiple of <see cref="MemoryAlignment"/>.</param>
/// <param name="VirtualCpus">Virtual CPUs, 1 to <see cref="MaxCpus"/>.</param>
public sealed record GuestLine(byte[] Kernel, byte[] Disk, byte[] CommandLine, ulong MemoryPages, uint VirtualCpus)
{
    /// <summary>Pages of a large page: guest memory begins and ends with one.</summary>
    public const ulong MemoryAlignment = 512;

    /// <summary>Most virtual CPUs.</summary>
    public const uint MaxCpus = 64;

    /// <summary>Pages behind guest memory that the monitor shares with the servers of its guest's devices, and not with the guest.</summary>
    public const ulong TailPages = 512;

    /// <summary>Pages that the guest costs: its memory and the tail.</summary>
    public ulong AllPages => MemoryPages + TailPages;
}

/// <summary>One component of a manifest: what it is, and all that it gets. Texts are UTF-8. docs/manifests.md describes the fields.</summary>
public sealed class ComponentLine
{
    /// <summary>Pages of stack where a line says nothing.</summary>
    public const uint DefaultStackPages = 4;

    /// <summary>Most pages of stack: what a thread's region has room for.</summary>
    public const uint MostStackPages = 13;

    /// <summary>Its name, unique in the manifest.</summary>
    public byte[] Name { get; init; } = [];

    /// <summary>File name of its image among the boot modules.</summary>
    public byte[] Image { get; init; } = [];

    /// <summary>What it is told.</summary>
    public byte[] Arguments { get; init; } = [];

    /// <summary>Pages of memory that it may have: data, stack, heap and what it asks for later.</summary>
    public uint MemoryPages { get; init; }

    /// <summary>Of these, pages of heap.</summary>
    public uint HeapPages { get; init; }

    /// <summary>Of these, pages of its first thread's stack, 1 to <see cref="MostStackPages"/>.</summary>
    public uint StackPages { get; init; } = DefaultStackPages;

    /// <summary>Pages of kernel memory.</summary>
    public uint KernelPages { get; init; }

    /// <summary>CPUs on which it may have threads, a bit each.</summary>
    public ulong Cpus { get; init; }

    /// <summary>Priority of its first thread, 1 to 100.</summary>
    public uint Priority { get; init; }

    /// <summary>What follows its end.</summary>
    public RestartPolicy Restart { get; init; }

    /// <summary>Whether it is started at boot, or by somebody later.</summary>
    public bool StartsAtBoot { get; init; }

    /// <summary>Whether it may have time for threads of its own making.</summary>
    public bool MaySchedule { get; init; }

    /// <summary>Whether it may learn physical addresses, as a driver must whose device nothing fences.</summary>
    public bool LearnsAddresses { get; init; }

    /// <summary>Whether it gets what firmware and boot loader left to show something on.</summary>
    public bool HasDisplay { get; init; }

    /// <summary>Ports.</summary>
    public NumberRange[] Ports { get; init; } = [];

    /// <summary>Page numbers of device registers.</summary>
    public NumberRange[] DevicePages { get; init; } = [];

    /// <summary>Pins of interrupt controllers.</summary>
    public uint[] Interrupts { get; init; } = [];

    /// <summary>Services that it offers.</summary>
    public byte[][] Offers { get; init; } = [];

    /// <summary>Services that it uses.</summary>
    public ServiceUse[] Uses { get; init; } = [];

    /// <summary>Its guest; null for a component that has none.</summary>
    public GuestLine? Guest { get; init; }

    /// <summary>The service behind a name that the component uses; empty when its line does not name it.</summary>
    public ReadOnlySpan<byte> ServiceOf(ReadOnlySpan<byte> name)
    {
        foreach (var use in Uses)
        {
            if (name.SequenceEqual(use.Name))
                return use.Service;
        }

        return ReadOnlySpan<byte>.Empty;
    }

    /// <summary>Whether its line says that it offers the service.</summary>
    public bool MayOffer(ReadOnlySpan<byte> service)
    {
        foreach (var offer in Offers)
        {
            if (service.SequenceEqual(offer))
                return true;
        }

        return false;
    }
}
