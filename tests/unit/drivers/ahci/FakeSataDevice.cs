using System;
using System.Collections.Generic;
using System.Text;

namespace Kilonova.Drivers.Tests.Ahci;

/// <summary>What a fake device does with a command.</summary>
internal enum Outcome
{
    Done,
    Error,
    Hang,
}

/// <summary>A disk or CD drive on the fake controller: contents, identification, faults on demand, and a record of what was asked of it.</summary>
internal sealed class FakeSataDevice
{
    private readonly Dictionary<ulong, int> _bad = [];

    public FakeSataDevice(ulong sectors, string model = "FAKE DISK", string serial = "1", int sectorSize = 512, bool isPacket = false)
    {
        Sectors = sectors;
        SectorSize = sectorSize;
        IsPacket = isPacket;
        Model = model;
        Serial = serial;
        Contents = new byte[sectors * (ulong)sectorSize];
    }

    public ulong Sectors { get; }

    public int SectorSize { get; }

    public bool IsPacket { get; }

    public string Model { get; }

    public string Serial { get; }

    public byte[] Contents { get; }

    public int QueueDepth { get; init; } = 32;

    public bool Has48 { get; init; } = true;

    public bool HasFua { get; init; } = true;

    public bool HasTrim { get; init; } = true;

    /// <summary>Commands to swallow without an answer.</summary>
    public int Hangs { get; set; }

    /// <summary>Packet commands that fail with unit attention first.</summary>
    public int Attentions { get; set; }

    /// <summary>What was asked, one line a command: R, W, F(lush), T(rim) and the first block.</summary>
    public List<string> Journal { get; } = [];

    public void Fail(ulong sector, int times) => _bad[sector] = times;

    /// <summary>Whether a transfer meets a bad block; each meeting counts.</summary>
    public bool Meets(ulong sector, uint count)
    {
        foreach ((ulong bad, int times) in _bad)
        {
            if (bad >= sector && bad < sector + count && times > 0)
            {
                _bad[bad] = times - 1;
                return true;
            }
        }

        return false;
    }

    public byte[] Identify()
    {
        byte[] data = new byte[512];
        void Word(int index, int value)
        {
            data[2 * index] = (byte)value;
            data[2 * index + 1] = (byte)(value >> 8);
        }

        void Text(int index, int length, string text)
        {
            byte[] padded = Encoding.ASCII.GetBytes(text.PadRight(length));
            for (int i = 0; i < length; i++)
                data[2 * index + (i ^ 1)] = padded[i];
        }

        Text(10, 20, Serial);
        Text(23, 8, "1.0");
        Text(27, 40, Model);
        Word(0, IsPacket ? 0x8580 : 0x0040);
        if (IsPacket)
            return data;

        Word(60, (int)(Math.Min(Sectors, 0xfff_ffff) & 0xffff));
        Word(61, (int)(Math.Min(Sectors, 0xfff_ffff) >> 16));
        Word(75, Math.Max(QueueDepth, 1) - 1);
        Word(76, QueueDepth > 0 ? 1 << 8 : 0);
        Word(82, 1 << 5);
        Word(85, 1 << 5);
        Word(83, 1 << 14 | (Has48 ? 1 << 10 : 0));
        Word(84, 1 << 14 | (HasFua ? 1 << 6 : 0));
        for (int i = 0; i < 4; i++)
            Word(100 + i, (int)(Sectors >> (16 * i) & 0xffff));

        if (SectorSize != 512)
        {
            Word(106, 1 << 14 | 1 << 12);
            Word(117, SectorSize / 2);
        }

        Word(169, HasTrim ? 1 : 0);
        return data;
    }
}
