// The monitor "multiboot": boots an ELF kernel by the Multiboot convention, with a serial console.
using Kilonova.Vmm.Monitors;

namespace Kilonova.Vmm.Multiboot;

internal static class Program
{
    private static void Main()
    {
        Life.Begin();
        Life.Live(new Machine());
    }
}
