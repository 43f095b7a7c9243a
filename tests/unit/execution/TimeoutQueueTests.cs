using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Kernel.Tests;

/// <summary>The timeout queue against a sorted list.</summary>
public sealed unsafe class TimeoutQueueTests
{
    [Fact]
    public void Empty_queue_has_no_deadline()
    {
        TimeoutQueue queue = default;
        Assert.Equal(ulong.MaxValue, queue.Earliest);
        Assert.True(queue.First == null);
    }

    [Fact]
    public void Equal_deadlines_are_all_kept()
    {
        Timeout* nodes = (Timeout*)NativeMemory.AllocZeroed(3, (nuint)sizeof(Timeout));
        TimeoutQueue queue = default;
        for (int i = 0; i < 3; i++)
        {
            queue.Insert(nodes + i, 7);
        }

        for (int left = 3; left > 0; left--)
        {
            Assert.Equal(7ul, queue.Earliest);
            queue.Remove(queue.First);
        }

        Assert.Equal(ulong.MaxValue, queue.Earliest);
        NativeMemory.Free(nodes);
    }

    [Fact]
    public void Behaves_like_a_sorted_list() =>
        Prop.ForAll<byte[]>(script =>
        {
            const int Nodes = 64;
            Timeout* nodes = (Timeout*)NativeMemory.AllocZeroed(Nodes, (nuint)sizeof(Timeout));
            TimeoutQueue queue = default;
            List<(ulong Deadline, nint Node)> model = [];
            bool same = true;
            for (int i = 0; i + 1 < script.Length && same; i += 2)
            {
                Timeout* node = nodes + (script[i] % Nodes);
                if (node->IsArmed)
                {
                    queue.Remove(node);
                    _ = model.Remove((node->Deadline, (nint)node));
                }
                else
                {
                    queue.Insert(node, script[i + 1]);
                    model.Add((script[i + 1], (nint)node));
                }

                (ulong Deadline, nint Node) first = model.Count == 0 ? (ulong.MaxValue, 0) : model.Min();
                same = queue.Earliest == first.Deadline && (nint)queue.First == first.Node;
            }

            NativeMemory.Free(nodes);
            return same;
        }).QuickCheckThrowOnFailure();
}
