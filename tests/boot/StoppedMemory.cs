using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using Kilonova.Formats;

namespace Kilonova.Boot.Tests;

/// <summary>The memory of a machine that a debugger has stopped; what was read is kept, since spans must stay valid.</summary>
public readonly struct StoppedMemory(GdbSession session) : IPhysicalMemory
{
    private readonly List<byte[]> _kept = [];

    public ReadOnlySpan<byte> Map(ulong address, uint length)
    {
        _kept.Add(session.Read(address, length));
        return _kept[^1];
    }

    /// <summary>Where a loader that goes by the address fields enters a kernel. Multiboot Specification 0.6.96, section 3.1.</summary>
    public static uint EntryPoint(BootImage image)
    {
        byte[] kernel = File.ReadAllBytes(Path.Combine(image.Artifacts, image.Scenario.Kernel.File));
        for (int offset = 0; offset < 8192; offset += 4)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(kernel.AsSpan(offset)) == 0x1badb002)
                return BinaryPrimitives.ReadUInt32LittleEndian(kernel.AsSpan(offset + 28));
        }

        throw new InvalidDataException("the kernel has no Multiboot 1 header");
    }
}
