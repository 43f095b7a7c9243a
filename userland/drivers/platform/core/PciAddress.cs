namespace Kilonova.Platform;

/// <summary>Bus, device and function: what the PCI specifications call a routing ID, and IOMMUs a requester ID.</summary>
/// <param name="Value">Bus in bits 15-8, device in 7-3, function in 2-0.</param>
public readonly record struct PciAddress(ushort Value)
{
    /// <summary>Devices of a bus.</summary>
    public const int Devices = 32;

    /// <summary>Functions of a device.</summary>
    public const int Functions = 8;

    /// <summary>Names a function.</summary>
    public PciAddress(int bus, int device, int function)
        : this((ushort)(bus << 8 | device << 3 | function))
    {
    }

    /// <summary>The bus.</summary>
    public byte Bus => (byte)(Value >> 8);

    /// <summary>The device on its bus.</summary>
    public byte Device => (byte)(Value >> 3 & 31);

    /// <summary>The function of its device.</summary>
    public byte Function => (byte)(Value & 7);
}

/// <summary>
/// Access to configuration space. Where nobody answers, reads give all ones and writes are lost. One thread at a time.
/// </summary>
public interface IPciAccess
{
    /// <summary>Bytes of configuration space that can be reached on a bus: 4096, 256, or 0 for no such bus.</summary>
    int SizeOf(byte bus);

    /// <summary>Reads 32 bits at a multiple of 4 below the size.</summary>
    uint Read(PciAddress address, int offset);

    /// <summary>Writes 32 bits at a multiple of 4 below the size.</summary>
    void Write(PciAddress address, int offset, uint value);
}

/// <summary>Narrower accesses, made of those.</summary>
public static class PciAccess
{
    /// <summary>Reads 16 bits at an even offset.</summary>
    public static ushort Read16<TAccess>(ref TAccess access, PciAddress address, int offset)
        where TAccess : IPciAccess => (ushort)(access.Read(address, offset & ~3) >> 8 * (offset & 2));

    /// <summary>
    /// Writes 16 bits at an even offset and leaves the other half as it is; what it holds in bits that a one clears is written as zero.
    /// </summary>
    /// <param name="access">The access.</param>
    /// <param name="address">The function.</param>
    /// <param name="offset">The offset.</param>
    /// <param name="value">The value.</param>
    /// <param name="clearing">Bits of the other half that a one would clear.</param>
    public static void Write16<TAccess>(ref TAccess access, PciAddress address, int offset, ushort value, ushort clearing = ushort.MaxValue)
        where TAccess : IPciAccess
    {
        var shift = 8 * (offset & 2);
        var others = access.Read(address, offset & ~3) & ~(0xffffu << shift) & ~((uint)clearing << (16 - shift));
        access.Write(address, offset & ~3, others | (uint)value << shift);
    }

    /// <summary>Copies configuration space from its beginning on.</summary>
    public static void Copy<TAccess>(ref TAccess access, PciAddress address, System.Span<byte> bytes)
        where TAccess : IPciAccess
    {
        for (var i = 0; i < bytes.Length; i += sizeof(uint))
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bytes.Slice(i), access.Read(address, i));
    }
}
