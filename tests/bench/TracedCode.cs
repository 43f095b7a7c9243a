using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Iced.Intel;
using Kilonova.Boot;
using Kilonova.Elf;
using Kilonova.Gates;
using Kilonova.Symbols;

namespace Kilonova.Bench.Tests;

/// <summary>An executed instruction and the C# name, or symbol, of its function.</summary>
public sealed record TracedInstruction(string Function, Instruction Instruction);

/// <summary>The code of an image of this build, by address.</summary>
public sealed class TracedCode
{
    private readonly Dictionary<ulong, TracedInstruction> _instructions = [];
    private readonly Dictionary<string, ulong> _symbols = new(StringComparer.Ordinal);

    /// <summary>Disassembles an image with its table of names: both lie under out/ by this name.</summary>
    public TracedCode(string name)
    {
        string file = Path.Combine(Repository.Out, name);
        ElfFile image = ElfFile.Load(file + ".elf");
        Dictionary<ulong, string> names = SymbolTable.Decode(File.ReadAllBytes(file + ".symbols"))
            .ToDictionary(function => function.Address, function => function.Name);
        foreach (Function function in new ImageCode(image, names).Functions)
        {
            foreach (Instruction instruction in function.Instructions())
                _instructions[instruction.IP] = new TracedInstruction(function.Name, instruction);
        }

        foreach (ElfSymbol symbol in image.Symbols.Where(symbol => !symbol.IsUndefined && symbol.Name.Length > 0))
            _symbols[symbol.Name] = symbol.Address;
    }

    /// <summary>True for the address of an instruction.</summary>
    public bool Contains(ulong address) => _instructions.ContainsKey(address);

    /// <summary>The instruction at an address.</summary>
    /// <exception cref="KeyNotFoundException">None starts there.</exception>
    public TracedInstruction At(ulong address) => _instructions.TryGetValue(address, out TracedInstruction? found)
        ? found
        : throw new KeyNotFoundException($"no instruction of the image starts at {address:x}");

    /// <summary>The address of a symbol.</summary>
    public ulong Address(string symbol) => _symbols[symbol];
}
