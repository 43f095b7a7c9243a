using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;
using Xunit;

namespace Kilonova.Devices.Tests;

/// <summary>A disk as a file on the host: what is on it before and after is checked without asking the system under test.</summary>
internal sealed class DiskImage
{
    public const int SectorSize = 512;
    private const int FirstSector = 2048;
    private const int EndSector = 4096;

    private readonly byte[] _before;

    public DiskImage(string folder, string name, long sectors, bool isScratch, bool isPartitioned = false)
    {
        Path = System.IO.Path.Combine(folder, name);
        Sectors = sectors;
        _before = new byte[Math.Min(sectors, 2 * EndSector) * SectorSize];
        new Random(name.Length).NextBytes(_before);
        _before.AsSpan(0, SectorSize).Clear();
        if (isScratch)
            Encoding.ASCII.GetBytes("KILONOVA-SCRATCH").CopyTo(_before, 0);

        if (isPartitioned)
        {
            _before[446 + 4] = 0x83;
            BinaryPrimitives.WriteUInt32LittleEndian(_before.AsSpan(446 + 8), 2048);
            BinaryPrimitives.WriteUInt32LittleEndian(_before.AsSpan(446 + 12), 2048);
            _before[510] = 0x55;
            _before[511] = 0xaa;
        }

        using FileStream file = File.Create(Path);
        file.Write(_before);
        file.SetLength(sectors * SectorSize);
    }

    public string Path { get; }

    public long Sectors { get; }

    /// <summary>Sectors 2048 to 4095 hold their own number, and nothing else has changed.</summary>
    public void IsFilled()
    {
        byte[] expected = (byte[])_before.Clone();
        for (int sector = FirstSector; sector < EndSector; sector++)
        {
            for (int at = 0; at < SectorSize; at += sizeof(ulong))
                BinaryPrimitives.WriteUInt64LittleEndian(expected.AsSpan(sector * SectorSize + at), (ulong)sector);
        }

        Holds(expected);
    }

    /// <summary>Nothing has changed.</summary>
    public void IsUntouched() => Holds(_before);

    private void Holds(byte[] expected)
    {
        using FileStream file = File.OpenRead(Path);
        byte[] actual = new byte[expected.Length];
        file.ReadExactly(actual);
        int difference = expected.AsSpan().CommonPrefixLength(actual);
        Assert.True(difference == expected.Length, $"{Path} differs from byte {difference} on, sector {difference / SectorSize}");
        Assert.Equal(Sectors * SectorSize, file.Length);
    }
}
