// Random numbers of the processor.
using Kilonova.Runtime;
using Kilonova.Vmm.Models;

namespace Kilonova.Vmm.Monitors;

/// <summary>RDRAND (Intel SDM volume 1, section 7.3.17).</summary>
internal sealed class RandomSource : IEntropySource
{
    private const uint HasRandom = 1u << 30;

    // Section 7.3.17.1: a generator that gives nothing ten times in a row is defective.
    private const int Tries = 10;

    /// <summary>Whether the processor has it.</summary>
    internal static bool IsThere => (new HostCpuid().Read(1, 0).Ecx & HasRandom) != 0;

    public bool TryGet(out ulong value)
    {
        for (var i = 0; i < Tries; i++)
        {
            if (HostProcessor.TryReadRandom(out value))
                return true;
        }

        value = 0;
        return false;
    }
}
