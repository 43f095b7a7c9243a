using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Runtime;

namespace Kilonova.Admission;

/// <summary>What the parent has to say: sessions and threads that have ended, and threads that wait for time. For the answering thread.</summary>
internal static class ParentRequests
{
    private static readonly ulong s_thread = Component.TakeSelectors(0);

    /// <summary>Serves all. What has ended goes first: it makes room.</summary>
    internal static void Serve(Grants grants)
    {
        while (Component.Parent.TakeClosed(out var session) == ContractStatus.Ok)
            grants.EndSession(session);

        while (Component.Parent.TakeReturned(out var returned) == ContractStatus.Ok)
            grants.Return(returned);

        Span<byte> name = stackalloc byte[StartPage.MaxName];
        while (Component.Parent.TakeRequest(
            s_thread, name, out var length, out var number, out var cpu, out var priority, out var milliseconds) == ContractStatus.Ok)
        {
            var time = grants.Give(number, s_thread, name.Slice(0, length), cpu, priority, milliseconds);
            _ = Component.ObjectSpace.Remove(s_thread, 0);

            // A thread that ended meanwhile comes back as such.
            _ = Component.Parent.AnswerRequest(number, time);
        }
    }
}
