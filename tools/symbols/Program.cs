using System;
using System.IO;
using System.Linq;
using Kilonova.Elf;

namespace Kilonova.Symbols;

// symbols extract <image.elf> <table> [assembly.dll ...]    makes the table of an image
// symbols list <table>                                      prints a table
// symbols lookup <table> <hexadecimal address> ...          names addresses, as a crash report would
internal static class Program
{
    private static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["extract", var image, var table, .. var assemblies]:
                var demangler = new NameDemangler();
                foreach (var assembly in assemblies)
                {
                    demangler.AddAssembly(assembly);
                }
                File.WriteAllBytes(table, SymbolTable.Extract(ElfFile.Load(image), demangler));
                return 0;

            case ["list", var table]:
                foreach (var (address, name) in SymbolTable.Decode(File.ReadAllBytes(table)))
                {
                    Console.WriteLine($"{address:x16} {name}");
                }
                return 0;

            case ["lookup", var table, .. var addresses]:
                var functions = SymbolTable.Decode(File.ReadAllBytes(table)).ToList();
                foreach (var text in addresses)
                {
                    var address = Convert.ToUInt64(text, 16);
                    var function = functions.LastOrDefault(candidate => candidate.Address <= address);
                    Console.WriteLine(function.Name is null ? $"{address:x16} ?" : $"{address:x16} {function.Name}+0x{address - function.Address:x}");
                }
                return 0;

            default:
                Console.Error.WriteLine("usage: symbols extract <image> <table> [assembly ...] | list <table> | lookup <table> <address> ...");
                return 2;
        }
    }
}
