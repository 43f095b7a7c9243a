using Kilonova.KernelTests;
using Kilonova.Runtime;

namespace Kilonova.Limits;

/// <summary>Kernel memory of the root domain.</summary>
internal static class Accounts
{
    private const int Tries = 1000;

    /// <summary>Pages in use once they have not changed for a while: what is freed comes back after a grace period.</summary>
    internal static ulong Used()
    {
        var last = ulong.MaxValue;
        for (var same = 0; same < 20;)
        {
            var used = UsedNow();
            same = used == last ? same + 1 : 0;
            last = used;
            Lab.Sleep(5);
        }

        return last;
    }

    /// <summary>As much is in use as before, if not at once then soon.</summary>
    internal static void ExpectUsed(ulong expected)
    {
        for (var i = 0; i < Tries && UsedNow() != expected; i++)
            Lab.Sleep(5);

        Check.Equal(UsedNow(), expected, "pages of kernel memory in use"u8);
    }

    private static ulong UsedNow()
    {
        RootTask.Require(Lab.Domain.MoveQuota(Lab.Domain, 0, out _, out var used), "quota"u8);
        return used;
    }
}
