// Reads the part of ACPI Machine Language that the tables use, independently of the writer.
using System;
using System.Collections.Generic;
using System.Text;

namespace Kilonova.Vmm.Tests;

internal sealed class AmlDecoder
{
    private readonly byte[] _bytes;
    private readonly StringBuilder _text = new();
    private int _at;

    public AmlDecoder(byte[] bytes) => _bytes = bytes;

    /// <summary>The terms as text, one token after another. Throws if lengths do not fit or an opcode is unknown.</summary>
    public string Decode()
    {
        Terms(_bytes.Length);
        return _text.ToString();
    }

    private void Terms(int end)
    {
        while (_at < end)
            Term();
        if (_at != end)
            throw new FormatException($"A package ends at {end:x}, its last term at {_at:x}.");
    }

    private void Term()
    {
        byte op = _bytes[_at++];
        switch (op)
        {
            case 0x00 or 0x01:
                _text.Append(op).Append(' ');
                break;
            case 0x08:
                _text.Append("Name ").Append(NameString()).Append(' ');
                Term();
                break;
            case 0x0a:
                Integer(1);
                break;
            case 0x0b:
                Integer(2);
                break;
            case 0x0c:
                Integer(4);
                break;
            case 0x0e:
                Integer(8);
                break;
            case 0x10:
                Block("Scope ", name: true, extra: 0);
                break;
            case 0x11:
                Buffer();
                break;
            case 0x12:
                Block("Package ", name: false, extra: 1);
                break;
            case 0x14:
                Block("Method ", name: true, extra: 1);
                break;
            case 0x5b when _bytes[_at] == 0x82:
                _at++;
                Block("Device ", name: true, extra: 0);
                break;
            case 0x70:
                _text.Append("Store Arg").Append(_bytes[_at++] - 0x68).Append(' ').Append(NameString()).Append(' ');
                break;
            case 0xa0:
                int end = PackageEnd();
                _text.Append("If ").Append(NameString()).Append(" { ");
                Terms(end);
                _text.Append("} ");
                break;
            case 0xa4:
                _text.Append("Return ").Append(NameString()).Append(' ');
                break;
            default:
                throw new FormatException($"Opcode {op:x} at {_at - 1:x}.");
        }
    }

    private void Block(string what, bool name, int extra)
    {
        int end = PackageEnd();
        _text.Append(what);
        if (name)
            _text.Append(NameString()).Append(' ');
        for (int i = 0; i < extra; i++)
            _text.Append(_bytes[_at++]).Append(' ');
        _text.Append("{ ");
        Terms(end);
        _text.Append("} ");
    }

    private void Buffer()
    {
        int end = PackageEnd();
        _text.Append("Buffer ");
        Term();
        _text.Append(Convert.ToHexString(_bytes, _at, end - _at)).Append(' ');
        _at = end;
    }

    private int PackageEnd()
    {
        int start = _at;
        int lead = _bytes[_at++];
        int more = lead >> 6;
        int length = more == 0 ? lead & 0x3f : lead & 0xf;
        for (int i = 0; i < more; i++)
            length |= _bytes[_at++] << (4 + (8 * i));
        return start + length;
    }

    private void Integer(int size)
    {
        ulong value = 0;
        for (int i = 0; i < size; i++)
            value |= (ulong)_bytes[_at++] << (8 * i);
        _text.Append(value.ToString("x")).Append(' ');
    }

    private string NameString()
    {
        var name = new List<char>();
        if (_bytes[_at] == '\\')
            name.Add((char)_bytes[_at++]);
        for (int i = 0; i < 4; i++)
            name.Add((char)_bytes[_at++]);
        return new string([.. name]).TrimEnd('_');
    }
}
