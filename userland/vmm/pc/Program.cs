// The monitor "pc": starts a PC at its firmware, which boots from a disk.
using Kilonova.Vmm.Monitors;

namespace Kilonova.Vmm.Pc;

internal static class Program
{
    private static void Main()
    {
        Life.Begin();
        Life.Live(new Machine());
    }
}
