using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

/// <summary>The root task's threads of one CPU: one answers calls, one events of components.</summary>
internal sealed class ServiceThread
{
    internal ServiceThread(uint cpu, int scratchWords)
    {
        Calls = RootThreads.CreateLocal(cpu, "calls"u8);
        Events = RootThreads.CreateLocal(cpu, "crashes"u8);
        var done = RootTask.TakeSelector();
        RootTask.Require(Semaphore.Create(done, RootTask.Domain, 0), "semaphore"u8);
        Request = new Request(new Semaphore(done));
        Scratch = new ulong[scratchWords];
    }

    /// <summary>Selector of the thread that answers calls.</summary>
    internal ulong Calls { get; }

    /// <summary>Selector of the thread that handles events.</summary>
    internal ulong Events { get; }

    /// <summary>The call that is being answered.</summary>
    internal Request Request { get; }

    /// <summary>For the dispatcher.</summary>
    internal ulong[] Scratch { get; }
}
