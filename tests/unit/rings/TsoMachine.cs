// A machine of two CPUs with store buffers on which the real ring classes run, one access at a time, in an order drawn at random.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace Kilonova.Rings.Tests;

/// <summary>Runs two programs on two threads, of which exactly one moves at a time: the one that the draw allows its next access.</summary>
internal sealed class TsoMachine(int memorySize, int seed, bool fences = true)
{
    private enum Access
    {
        Plain,
        Fence,
        DownData,
        DownSpace,
        Finished,
    }

    private readonly Random _random = new(seed);
    private readonly FakeMemory _memory = new(memorySize);
    private readonly List<(int Offset, ulong Value)>[] _buffers = [[], []];
    private readonly Access[] _next = [Access.Plain, Access.Plain];
    private readonly SemaphoreSlim[] _go = [new(0), new(0)];
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly int[] _credits = [0, 0];
    private Exception? _failure;
    private bool _abandoned;

    public FakeMemory Memory => _memory;

    /// <summary>True if both programs came to their end, false if both slept for ever.</summary>
    public bool Run(Action producer, Action consumer)
    {
        Action[] programs = [producer, consumer];
        Thread[] threads = [.. programs.Select((program, cpu) => new Thread(() => Execute(cpu, program)))];
        foreach (Thread thread in threads)
            thread.Start();
        _arrived.Wait();
        _arrived.Wait();
        bool finished = Schedule();
        _abandoned = true;
        foreach (SemaphoreSlim go in _go)
            go.Release();
        foreach (Thread thread in threads)
            thread.Join();
        if (_failure is not null)
            throw new InvalidOperationException($"schedule {seed}", _failure);
        return finished;
    }

    private void Execute(int cpu, Action program)
    {
        try
        {
            program();
        }
        catch (OperationCanceledException)
        {
            // The other program never woke this one.
        }
        catch (Exception exception)
        {
            _failure ??= exception;
        }

        _next[cpu] = Access.Finished;
        _arrived.Release();
    }

    private bool Schedule()
    {
        while (true)
        {
            var choices = new List<Action>();
            for (int cpu = 0; cpu < 2; cpu++)
            {
                int chosen = cpu;
                if (IsEnabled(cpu))
                    choices.AddRange(Enumerable.Repeat(() => Resume(chosen), 3));
                if (_buffers[cpu].Count > 0)
                    choices.Add(() => Drain(chosen));
            }

            if (choices.Count == 0 || _failure is not null)
                return _next.All(access => access == Access.Finished);
            choices[_random.Next(choices.Count)]();
        }
    }

    private bool IsEnabled(int cpu) => _next[cpu] switch
    {
        Access.Plain => true,
        Access.Fence => !fences || _buffers[cpu].Count == 0,
        Access.DownData => _credits[0] > 0,
        Access.DownSpace => _credits[1] > 0,
        _ => false,
    };

    private void Resume(int cpu)
    {
        _go[cpu].Release();
        _arrived.Wait();
    }

    private void Drain(int cpu)
    {
        (int offset, ulong value) = _buffers[cpu][0];
        _buffers[cpu].RemoveAt(0);
        _memory[offset] = value;
    }

    private void Await(int cpu, Access access)
    {
        _next[cpu] = access;
        _arrived.Release();
        _go[cpu].Wait();
        if (_abandoned)
            throw new OperationCanceledException();
    }

    private ulong Load(int cpu, int offset)
    {
        int own = _buffers[cpu].FindLastIndex(store => store.Offset == offset);
        return own >= 0 ? _buffers[cpu][own].Value : _memory[offset];
    }

    public readonly struct View(TsoMachine machine, int cpu) : ISharedMemory
    {
        public int Length => machine._memory.Bytes.Length;

        public ulong ReadWord(int offset)
        {
            machine.Await(cpu, Access.Plain);
            return machine.Load(cpu, offset);
        }

        public void WriteWord(int offset, ulong value)
        {
            machine.Await(cpu, Access.Plain);
            machine._buffers[cpu].Add((offset, value));
        }

        public void ReadWords(int offset, Span<ulong> words)
        {
            for (int i = 0; i < words.Length; i++)
                words[i] = ReadWord(offset + (i * sizeof(ulong)));
        }

        public void WriteWords(int offset, ReadOnlySpan<ulong> words)
        {
            for (int i = 0; i < words.Length; i++)
                WriteWord(offset + (i * sizeof(ulong)), words[i]);
        }

        public void ReadBytes(int offset, Span<byte> bytes) => throw new NotSupportedException();

        public void WriteBytes(int offset, ReadOnlySpan<byte> bytes) => throw new NotSupportedException();

        public void Fence() => machine.Await(cpu, Access.Fence);
    }

    /// <summary>Semaphore 0 is the data semaphore, 1 the space semaphore.</summary>
    public readonly struct Semaphore(TsoMachine machine, int cpu, int number) : ISemaphore
    {
        public void Note(ulong records)
        {
        }

        public SemaphoreStatus Up()
        {
            machine.Await(cpu, Access.Plain);
            machine._credits[number]++;
            return SemaphoreStatus.Ok;
        }

        public SemaphoreStatus Down(ulong deadline)
        {
            machine.Await(cpu, number == 0 ? Access.DownData : Access.DownSpace);
            machine._credits[number]--;
            return SemaphoreStatus.Ok;
        }
    }
}
