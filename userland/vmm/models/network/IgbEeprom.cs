// The EEPROM of an 82576 (data sheet, chapter 6): what the driver reads of it through EERD.
using System;

namespace Kilonova.Vmm.Models;

/// <summary>Words with the address, the identity, and a checksum. Read-only.</summary>
internal sealed class IgbEeprom
{
    private const int Words = 256;
    private const int ChecksumWord = 0x3f;
    private const ushort ChecksumSum = 0xbaba;

    private readonly ushort[] _words = new ushort[Words];

    /// <summary>Makes the content.</summary>
    /// <param name="address">Ethernet address, 6 bytes.</param>
    /// <param name="device">PCI device ID.</param>
    public IgbEeprom(ReadOnlySpan<byte> address, ushort device)
    {
        Array.Fill(_words, ushort.MaxValue);
        for (int i = 0; i < 3; i++)
            _words[i] = (ushort)(address[2 * i] | (address[(2 * i) + 1] << 8));
        _words[0x03] = 0x0000;
        _words[0x05] = 0x1000;
        // Part number, as two binary words.
        _words[0x08] = 0x0000;
        _words[0x09] = 0x0001;
        _words[0x0a] = 0x606b;
        _words[0x0b] = 0xa03c;
        _words[0x0c] = 0x8086;
        _words[0x0d] = device;
        _words[0x0e] = 0x8086;
        _words[0x0f] = 0x3240;
        for (int i = 0x10; i < 0x30; i++)
            _words[i] = 0;
        // Port 0; no alternate address.
        _words[0x24] = 0x0000;
        ushort sum = 0;
        for (int i = 0; i < ChecksumWord; i++)
            sum += _words[i];
        _words[ChecksumWord] = (ushort)(ChecksumSum - sum);
    }

    /// <summary>A word; behind the end there are ones.</summary>
    public ushort Read(int word) => word < Words ? _words[word] : ushort.MaxValue;
}
