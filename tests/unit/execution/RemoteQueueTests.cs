using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Kernel.Tests;

/// <summary>Requests between CPUs against a list, and by many threads at once.</summary>
[Collection("One CPU")]
public sealed unsafe class RemoteQueueTests : IDisposable
{
    private const int Contexts = 16;
    private const uint Actions = RemoteAction.Wake | RemoteAction.Recall | RemoteAction.Die;

    private readonly ExecutionContext* _ec = (ExecutionContext*)NativeMemory.AllocZeroed(Contexts, (nuint)sizeof(ExecutionContext));
    private readonly Cpu* _cpu = (Cpu*)NativeMemory.AllocZeroed((nuint)sizeof(Cpu));

    public RemoteQueueTests()
    {
        Cpu.This = _cpu;
        for (int i = 0; i < Contexts; i++)
        {
            _ec[i].Head.Type = ObjectType.ExecutionContext;
            _ec[i].Head.References = 1;
            _ec[i].Request.Target = &_ec[i].Head;
        }
    }

    public void Dispose()
    {
        Lifecycle.OnAct = null;
        NativeMemory.Free(_ec);
        NativeMemory.Free(_cpu);
    }

    [Fact]
    public void Requests_come_once_and_whole_in_the_order_of_their_first_posts() =>
        Prop.ForAll<byte[]>(script =>
        {
            List<(nint Context, uint Actions)> model = [];
            List<(nint, uint)> handled = [];
            Lifecycle.OnAct = (ec, actions) => handled.Add((ec, actions));
            RemoteQueue.Drain(_cpu);
            handled.Clear();
            foreach (byte b in script)
            {
                ExecutionContext* ec = _ec + (b % Contexts);
                uint action = 1u << (b >> 4) % 3;
                if (b > 240)
                {
                    RemoteQueue.Drain(_cpu);
                    Assert.Equal(model, handled);
                    model.Clear();
                    handled.Clear();
                    continue;
                }

                int sent = Ipi.Sent;
                bool wasEmpty = model.Count == 0;
                int index = model.FindIndex(entry => entry.Context == (nint)ec);
                if (index >= 0)
                    model[index] = ((nint)ec, model[index].Actions | action);
                else
                    model.Add(((nint)ec, action));

                RemoteQueue.Post(ec, action);
                Assert.Equal(wasEmpty ? sent + 1 : sent, Ipi.Sent);
                Assert.Equal(2, ec->Head.References);
            }

            RemoteQueue.Drain(_cpu);
            Assert.Equal(model, handled);
            for (int i = 0; i < Contexts; i++)
                Assert.Equal(1, _ec[i].Head.References);
        }).QuickCheckThrowOnFailure();

    /// <summary>
    /// Posters count up before they post; whoever handles a request looks at the count. After the last drain every count has been seen,
    /// which is what nobody being forgotten means.
    /// </summary>
    [Fact]
    public void Threads_at_once_are_all_heard()
    {
        const int Posts = 100_000;
        long[] posted = new long[Contexts];
        long[] seen = new long[Contexts];
        Lifecycle.OnAct = (ec, actions) =>
        {
            Assert.NotEqual(0u, actions);
            Assert.Equal(0u, actions & ~Actions);
            long index = ((ExecutionContext*)ec) - _ec;
            seen[index] = Volatile.Read(ref posted[index]);
        };
        int running = 3;
        Thread[] posters = [.. Enumerable.Range(0, running).Select(index => new Thread(() =>
        {
            Random random = new(index);
            for (int i = 0; i < Posts; i++)
            {
                int target = random.Next(Contexts);
                Interlocked.Increment(ref posted[target]);
                RemoteQueue.Post(_ec + target, 1u << random.Next(3));
            }

            Interlocked.Decrement(ref running);
        }))];
        Array.ForEach(posters, thread => thread.Start());
        while (Volatile.Read(ref running) != 0)
            RemoteQueue.Drain(_cpu);

        Array.ForEach(posters, thread => thread.Join());
        RemoteQueue.Drain(_cpu);
        Assert.Equal(posted, seen);
        for (int i = 0; i < Contexts; i++)
        {
            Assert.Equal(0u, _ec[i].Request.Pending);
            Assert.Equal(1, _ec[i].Head.References);
        }
    }
}
