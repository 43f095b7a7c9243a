using System;

namespace Kilonova.Registers;

/// <summary>
/// Memory that driver and device share: contiguous as the device sees it. x86 devices snoop caches, so plain accesses suffice; what a device
/// is to find before a register is written is stored before, and the uncached write keeps the order.
/// </summary>
public interface IDmaMemory
{
    /// <summary>Size in bytes.</summary>
    int Length { get; }

    /// <summary>Address of the first byte as the device sees it; page aligned.</summary>
    ulong DeviceAddress { get; }

    /// <summary>Loads 32 bits once, at a multiple of 4, before anything that follows.</summary>
    uint Read32(int offset);

    /// <summary>Stores 32 bits at a multiple of 4, after everything before.</summary>
    void Write32(int offset, uint value);

    /// <summary>Loads 64 bits once, at a multiple of 8, before anything that follows.</summary>
    ulong Read64(int offset);

    /// <summary>Stores 64 bits at a multiple of 8, after everything before.</summary>
    void Write64(int offset, ulong value);

    /// <summary>Copies bytes into private memory.</summary>
    void Read(int offset, Span<byte> bytes);

    /// <summary>Copies bytes out of private memory.</summary>
    void Write(int offset, ReadOnlySpan<byte> bytes);

    /// <summary>Zeroes bytes.</summary>
    void Clear(int offset, int length);
}

/// <summary>Time as drivers need it.</summary>
public interface IClock
{
    /// <summary>Microseconds since some moment before the driver started; never goes back, never 0.</summary>
    ulong Now { get; }
}

/// <summary>A piece of memory as a device sees it.</summary>
/// <param name="Address">First byte.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct DmaSegment(ulong Address, uint Length);
