using System;
using Kilonova.Contracts;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Shell;

/// <summary>Who has time, as admission tells.</summary>
internal static class Time
{
    private static readonly ClientSession s_session = new("admission"u8);
    private static bool s_isOpen;

    internal static void Show()
    {
        s_isOpen = s_isOpen || s_session.Open() == ContractStatus.Ok;
        if (!s_isOpen)
        {
            View.WriteLine($"time: this shell's line does not use admission");
            return;
        }

        var admission = new AdmissionClient<PortalTransport>(s_session.Transport);
        var millisecond = Component.Milliseconds(1);
        Span<byte> owner = stackalloc byte[Bounds.Longest];
        ContractStatus status;
        for (var i = 0u; (status = admission.Describe(
            i, owner, out var length, out var cpu, out _, out var budget, out var period, out var consumed)) == ContractStatus.Ok; i++)
        {
            if (length == 0)
                continue;

            if (budget == 0)
                View.WriteLine($"{owner.Slice(0, length)}: turns on CPU {cpu}, used {consumed / millisecond} ms");
            else
                View.WriteLine($"{owner.Slice(0, length)}: {budget} of {period} us on CPU {cpu}, used {consumed / millisecond} ms");
        }

        for (var cpu = 0u; admission.ReadCpu(cpu, out var permille) == ContractStatus.Ok; cpu++)
            View.WriteLine($"CPU {cpu}: {permille} of 1000 reserved");

        // The next one opens it again.
        s_isOpen = !ClientSession.IsBreak(status);
    }
}
