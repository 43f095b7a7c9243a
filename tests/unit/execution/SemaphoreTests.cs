using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using FsCheck;
using FsCheck.Fluent;
using Kilonova.Abi;
using Xunit;

namespace Kilonova.Kernel.Tests;

/// <summary>The semaphore against a counter and a list, and by many threads at once.</summary>
[Collection("One CPU")]
public sealed unsafe class SemaphoreTests : IDisposable
{
    private const int Contexts = 12;

    private readonly Semaphore* _sm = (Semaphore*)NativeMemory.AllocZeroed((nuint)sizeof(Semaphore));
    private readonly ExecutionContext* _ec = (ExecutionContext*)NativeMemory.AllocZeroed(Contexts, (nuint)sizeof(ExecutionContext));
    private readonly Cpu* _cpu = (Cpu*)NativeMemory.AllocZeroed((nuint)sizeof(Cpu));

    public SemaphoreTests()
    {
        Cpu.This = _cpu;
        Reset();
    }

    public void Dispose()
    {
        Wakeup.Released = null;
        NativeMemory.Free(_sm);
        NativeMemory.Free(_ec);
        NativeMemory.Free(_cpu);
    }

    [Fact]
    public void A_vanished_semaphore_stays_for_another_grace_period_after_it_released_somebody()
    {
        Down(0);
        Assert.False(Semaphore.Abandon(_sm, 10));
        Assert.True(Semaphore.Abandon(_sm, 10));
    }

    [Fact]
    public void A_vanished_semaphore_without_waiters_may_go_at_once() => Assert.True(Semaphore.Abandon(_sm, 10));

    [Fact]
    public void Behaves_like_a_counter_and_a_list() =>
        Prop.ForAll<byte[]>(script =>
        {
            Reset();
            ulong counter = script.Length > 0 && script[0] > 200 ? ulong.MaxValue - 2 : 0;
            Semaphore.Initialize(_sm, counter, 0);
            List<int> queue = [];
            List<nint> released = Wakeup.Released = [];
            List<nint> expected = [];
            for (int i = 0; i + 1 < script.Length; i += 2)
            {
                int who = script[i + 1] % Contexts;
                ExecutionContext* ec = _ec + who;
                switch (script[i] % 8)
                {
                    case 0:
                    case 1:
                        Status status = script[i] % 2 == 0 ? Semaphore.Up(_sm) : Up(who);
                        if (queue.Count > 0)
                        {
                            expected.Add((nint)(_ec + queue[0]));
                            queue.RemoveAt(0);
                            Assert.Equal(Status.SUCCESS, status);
                        }
                        else
                        {
                            Assert.Equal(counter == ulong.MaxValue ? Status.OVRFLOW : Status.SUCCESS, status);
                            counter += counter == ulong.MaxValue ? 0ul : 1;
                        }

                        break;
                    case 2:
                    case 3:
                    case 4:
                        if (queue.Contains(who))
                            break;

                        bool zero = script[i] % 8 == 4;
                        Down(who, zero);
                        if (counter == 0)
                            queue.Add(who);
                        else
                            counter = zero ? 0 : counter - 1;

                        break;
                    case 5:
                    case 6:
                        Assert.Equal(queue.Remove(who), Semaphore.Cancel(_sm, ec));
                        break;
                    default:
                        int most = script[i + 1] % 4;
                        List<int> gone = [.. queue.Take(most)];
                        expected.AddRange(gone.Select(index => (nint)(_ec + index)));
                        queue.RemoveRange(0, gone.Count);
                        Assert.Equal(most > 0 && gone.Count == 0, Semaphore.Abandon(_sm, most));
                        Assert.All(gone, index => Assert.Equal((ulong)Status.ABORTED, _ec[index].Registers.Rdi));
                        break;
                }

                Assert.Equal(expected, released);
                for (int index = 0; index < Contexts; index++)
                    Assert.Equal(queue.Contains(index), _ec[index].Semaphore == _sm);
            }

            // Who is left comes out in the order in which they came.
            while (!Semaphore.Abandon(_sm, 3))
            {
            }

            Assert.Equal(expected.Concat(queue.Select(index => (nint)(_ec + index))), released);
        }).QuickCheckThrowOnFailure();

    /// <summary>Each thread plays a context that ups, or waits and gives up after a while: nothing upped is lost, nothing taken twice.</summary>
    [Fact]
    public void Threads_at_once_lose_nothing()
    {
        const int Rounds = 20_000;
        long ups = 0;
        long downs = 0;
        Wakeup.Released = null;
        Thread[] threads = [.. Enumerable.Range(0, 6).Select(index => new Thread(() =>
        {
            ExecutionContext* ec = _ec + index;
            Random random = new(index);
            for (int i = 0; i < Rounds; i++)
            {
                if (random.Next(2) == 0)
                {
                    Assert.Equal(Status.SUCCESS, Semaphore.Up(_sm));
                    Interlocked.Increment(ref ups);
                    continue;
                }

                Down(index);
                for (int patience = random.Next(50); patience > 0 && IsBlocked(ec); patience--)
                    Thread.SpinWait(1);

                // Either is true for one of the two alone: the wait has been cancelled, or somebody has released it.
                if (IsBlocked(ec) && Semaphore.Cancel(_sm, ec))
                {
                    KernelObject.Drop(&ec->Head);
                    ec->State = EcState.Running;
                    continue;
                }

                while (IsBlocked(ec))
                    Thread.SpinWait(1);

                Interlocked.Increment(ref downs);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        long left = 0;
        for (Down(0); !IsBlocked(_ec); Down(0))
            left++;

        Assert.Equal(ups, downs + left);
        Assert.True(Semaphore.Cancel(_sm, _ec));
    }

    private static bool IsBlocked(ExecutionContext* ec) => Volatile.Read(ref *(byte*)&ec->State) == (byte)EcState.Blocked;

    private Status Up(int who)
    {
        _sm->Lock.Acquire();
        Semaphore.UpLocked(_sm, _ec + who, _cpu);
        return (Status)_ec[who].Registers.Rdi;
    }

    private void Down(int who, bool zero = false)
    {
        _sm->Lock.Acquire();
        Semaphore.DownLocked(_sm, _ec + who, _cpu, zero ? 1u : 0u);
    }

    private void Reset()
    {
        NativeMemory.Clear(_sm, (nuint)sizeof(Semaphore));
        NativeMemory.Clear(_ec, (nuint)(Contexts * sizeof(ExecutionContext)));
        for (int i = 0; i < Contexts; i++)
        {
            _ec[i].Head.References = 1;
            _ec[i].State = EcState.Running;
        }
    }
}
