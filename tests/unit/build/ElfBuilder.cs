using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Iced.Intel;
using Kilonova.Elf;
using Kilonova.Gates;

namespace Kilonova.Build.Tests;

/// <summary>
/// Makes small linked images in memory: one executable section whose functions are assembled on the spot, one segment over it, further
/// segments and symbols as a test wants them.
/// </summary>
internal sealed class ElfBuilder
{
    public const ulong TextAddress = 0x400000;

    private const int HeaderSize = 64;

    private readonly Assembler _assembler = new(64);
    private readonly List<(string Name, Label Label)> _functions = [];
    private readonly List<(string Name, byte Info)> _undefined = [];
    private readonly List<(uint Flags, ulong Address, ulong Size)> _segments = [(5, TextAddress, 0x1000)];

    /// <summary>Adds a function; its label can be called by others.</summary>
    public ElfBuilder Function(string name, Action<Assembler> body)
    {
        var label = LabelOf(name);
        _assembler.Label(ref label);
        _functions[_functions.FindIndex(function => function.Name == name)] = (name, label);
        body(_assembler);
        return this;
    }

    /// <summary>The label of a function, also before the function is added.</summary>
    public Label LabelOf(string name)
    {
        if (!_functions.Exists(function => function.Name == name))
        {
            _functions.Add((name, _assembler.CreateLabel(name)));
        }
        return _functions.First(function => function.Name == name).Label;
    }

    /// <summary>Adds a loaded segment with PF_X (1), PF_W (2), PF_R (4) flags.</summary>
    public ElfBuilder Segment(uint flags, ulong address, ulong size)
    {
        _segments.Add((flags, address, size));
        return this;
    }

    /// <summary>Adds a symbol that nothing defines.</summary>
    public ElfBuilder Undefined(string name, bool weak = false)
    {
        _undefined.Add((name, (byte)(weak ? 0x20 : 0x10)));
        return this;
    }

    public ElfFile Build() => ElfFile.Parse(Bytes());

    public ImageCode Code() => new(Build(), new Dictionary<ulong, string>());

    /// <summary>The file: header, program headers, text, symbols, names, section headers.</summary>
    public byte[] Bytes()
    {
        var text = Assemble(out var addresses);
        var names = new MemoryStream();
        uint Name(string name)
        {
            var offset = (uint)names.Length;
            names.Write(Encoding.UTF8.GetBytes(name + "\0"));
            return offset;
        }

        Name("");
        var symbols = new MemoryStream();
        var writer = new BinaryWriter(symbols);
        WriteSymbol(writer, 0, 0, 0, 0);
        for (var i = 0; i < _functions.Count; i++)
        {
            WriteSymbol(writer, Name(_functions[i].Name), 0x12, 1, addresses[i]);
        }
        foreach (var (name, info) in _undefined)
        {
            WriteSymbol(writer, Name(name), info, 0, 0);
        }
        uint textName = Name(".text"), symbolsName = Name(".symtab"), namesName = Name(".strtab");

        var segmentsSize = 56 * _segments.Count;
        var textOffset = (ulong)(HeaderSize + segmentsSize);
        var symbolsOffset = textOffset + (ulong)text.Length;
        var namesOffset = symbolsOffset + (ulong)symbols.Length;
        var sectionsOffset = namesOffset + (ulong)names.Length;

        var file = new MemoryStream();
        var output = new BinaryWriter(file);
        WriteHeader(output, sectionsOffset);
        foreach (var (flags, address, size) in _segments)
        {
            WriteSegment(output, flags, address, size);
        }
        output.Write(text);
        output.Write(symbols.ToArray());
        output.Write(names.ToArray());
        WriteSection(output, 0, 0, 0, 0, 0, 0, 0);
        WriteSection(output, textName, 1, 6, TextAddress, textOffset, (ulong)text.Length, 0);
        WriteSection(output, symbolsName, 2, 0, 0, symbolsOffset, (ulong)symbols.Length, 3);
        WriteSection(output, namesName, 3, 0, 0, namesOffset, (ulong)names.Length, 0);
        return file.ToArray();
    }

    private byte[] Assemble(out ulong[] addresses)
    {
        var code = new MemoryStream();
        var result = _assembler.Assemble(new StreamCodeWriter(code), TextAddress, BlockEncoderOptions.ReturnNewInstructionOffsets);
        addresses = _functions.Select(function => result.GetLabelRIP(function.Label)).ToArray();
        return code.ToArray();
    }

    private void WriteHeader(BinaryWriter output, ulong sectionsOffset)
    {
        output.Write(0x464C457Fu);
        output.Write(new byte[] { 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 });
        output.Write((ushort)2);
        output.Write((ushort)62);
        output.Write(1u);
        output.Write(TextAddress);
        output.Write((ulong)HeaderSize);
        output.Write(sectionsOffset);
        output.Write(0u);
        output.Write((ushort)HeaderSize);
        output.Write((ushort)56);
        output.Write((ushort)_segments.Count);
        output.Write((ushort)64);
        output.Write((ushort)4);
        output.Write((ushort)3);
    }

    private static void WriteSegment(BinaryWriter output, uint flags, ulong address, ulong size)
    {
        output.Write(1u);
        output.Write(flags);
        foreach (var word in new[] { 0ul, address, address, size, size, 0x1000ul })
        {
            output.Write(word);
        }
    }

    private static void WriteSection(BinaryWriter output, uint name, uint type, ulong flags, ulong address, ulong offset, ulong size, uint link)
    {
        output.Write(name);
        output.Write(type);
        foreach (var word in new[] { flags, address, offset, size })
        {
            output.Write(word);
        }
        output.Write(link);
        output.Write(0u);
        output.Write(1ul);
        output.Write(type == 2 ? 24ul : 0ul);
    }

    private static void WriteSymbol(BinaryWriter output, uint name, byte info, ushort section, ulong value)
    {
        output.Write(name);
        output.Write(info);
        output.Write((byte)0);
        output.Write(section);
        output.Write(value);
        output.Write(0ul);
    }
}
