// The monitor "micro": boots a Linux kernel on a machine of virtio devices alone, in the shortest time.
using Kilonova.Vmm.Monitors;

namespace Kilonova.Vmm.Micro;

internal static class Program
{
    private static void Main()
    {
        Life.Begin();
        Life.Live(new Machine());
    }
}
