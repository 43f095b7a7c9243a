using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Kernel.Tests;

/// <summary>The ready queue against a list per priority.</summary>
public sealed unsafe class ReadyQueueTests
{
    [Fact]
    public void Highest_priority_comes_first_and_equals_in_order_of_arrival()
    {
        SchedulingContext* contexts = Contexts(4, [3, 90, 90, 127]);
        ReadyQueue* queue = NewQueue();
        for (int i = 0; i < 4; i++)
        {
            queue->Append(contexts + i);
        }

        Assert.Equal(127, queue->Highest);
        Assert.True(queue->Take() == contexts + 3);
        Assert.True(queue->Take() == contexts + 1);
        Assert.True(queue->Take() == contexts + 2);
        Assert.True(queue->Take() == contexts);
        Assert.True(queue->Take() == null);
        Assert.Equal(0, queue->Highest);
        Free(contexts, queue);
    }

    [Fact]
    public void Preempted_context_goes_before_its_equals()
    {
        SchedulingContext* contexts = Contexts(2, [5, 5]);
        ReadyQueue* queue = NewQueue();
        queue->Append(contexts);
        queue->Prepend(contexts + 1);
        Assert.True(queue->Take() == contexts + 1);
        Free(contexts, queue);
    }

    [Fact]
    public void Behaves_like_a_list_per_priority() =>
        Prop.ForAll<byte[]>(script =>
        {
            const int Count = 32;
            SchedulingContext* contexts = Contexts(Count, [.. Enumerable.Range(0, Count).Select(i => (byte)(1 + (i * 37 % 127)))]);
            ReadyQueue* queue = NewQueue();
            List<int> model = [];
            bool same = true;
            foreach (byte step in script)
            {
                int which = step % Count;
                if (model.Remove(which))
                {
                    queue->Remove(contexts + which);
                }
                else if (step < 128)
                {
                    queue->Append(contexts + which);
                    model.Add(which);
                }
                else
                {
                    queue->Prepend(contexts + which);
                    model.Insert(0, which);
                }

                int highest = model.Count == 0 ? 0 : model.Max(i => contexts[i].Priority);
                same &= queue->Highest == highest;
            }

            while (same && model.Count > 0)
            {
                int expected = model.First(i => contexts[i].Priority == model.Max(j => contexts[j].Priority));
                same = queue->Take() == contexts + expected;
                _ = model.Remove(expected);
            }

            Free(contexts, queue);
            return same;
        }).QuickCheckThrowOnFailure();

    private static SchedulingContext* Contexts(int count, byte[] priorities)
    {
        SchedulingContext* contexts = (SchedulingContext*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(SchedulingContext));
        for (int i = 0; i < count; i++)
        {
            contexts[i].Priority = priorities[i];
        }

        return contexts;
    }

    private static ReadyQueue* NewQueue() => (ReadyQueue*)NativeMemory.AllocZeroed((nuint)sizeof(ReadyQueue));

    private static void Free(SchedulingContext* contexts, ReadyQueue* queue)
    {
        NativeMemory.Free(contexts);
        NativeMemory.Free(queue);
    }
}
