using Kilonova.Abi;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

/// <summary>
/// The blocks of a component's threads, in which each counts what it does. They are the component's own memory: what is read there is what it
/// says of itself, and harms nobody.
/// </summary>
internal static class ThreadBlocks
{
    private const ulong FirstPage = ComponentLayout.FirstRegion >> MachinePages.Shift;
    private const ulong PagesOfRegion = StackLayout.Size >> MachinePages.Shift;
    private const ulong Pages = (ComponentLayout.Image - ComponentLayout.FirstRegion) >> MachinePages.Shift;

    /// <summary>Adds the counters of all threads up.</summary>
    internal static void Sum(ComponentMemory memory, out ulong calls, out ulong answers, out ulong records)
    {
        calls = answers = records = 0;
        for (var i = 0; i < memory.Count; i++)
        {
            var region = memory[i];
            if (region.IsShared || region.Pages != 1 || region.Page - FirstPage >= Pages || region.Page % PagesOfRegion != 0)
                continue;

            ref readonly var block = ref MachinePages.Block(region.Physical);
            calls += block.Calls;
            answers += block.Answers;
            records += block.Records;
        }
    }
}
