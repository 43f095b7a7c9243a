// The monitor "linux": boots the kernel that its manifest line names, and lives as long as the guest's machine is on.
using Kilonova.Vmm.Monitors;

namespace Kilonova.Vmm.Linux;

internal static class Program
{
    private static void Main()
    {
        Life.Begin();
        Life.Live(new Machine());
    }
}
