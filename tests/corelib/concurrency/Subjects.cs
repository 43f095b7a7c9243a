using System;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Kilonova.Concurrency;

/// <summary>Many types whose constructors take their time, touched by all threads in different orders.</summary>
internal static unsafe class Constructors
{
    internal const int TypeCount = 16;

    private static int s_runs;
    private static int s_wrong;

    internal static int Runs => s_runs;

    internal static int Wrong => s_wrong;

    private static class Slow<T>
    {
        internal static readonly int First;
        internal static readonly int[] Last;

        static Slow()
        {
            Interlocked.Increment(ref s_runs);
            First = 1;
            for (int i = 0; i < 2000; i++)
                First = (First * 7) % 1009;
            Last = new[] { First, 42 };
        }
    }

    // Each needs the other: two threads that begin at different ends must not wait for each other for ever.
    private static class Left
    {
        internal static readonly int Value = Opaque(1) + Right.Value;

        static Left()
        {
        }
    }

    private static class Right
    {
        internal static readonly int Value = Opaque(2) + Left.Value;

        static Right()
        {
        }
    }

    internal static void Run(int thread)
    {
        delegate*<int>[] touches =
        {
            &Touch<byte>, &Touch<sbyte>, &Touch<short>, &Touch<ushort>, &Touch<int>, &Touch<uint>, &Touch<long>, &Touch<ulong>,
            &Touch<char>, &Touch<bool>, &Touch<nint>, &Touch<nuint>, &Touch<(int, int)>, &Touch<(byte, byte)>, &Touch<string>, &Touch<object>,
        };
        for (int i = 0; i < touches.Length; i++)
        {
            if (touches[(i + (thread * 5)) % touches.Length]() != 42)
                Interlocked.Increment(ref s_wrong);
        }
        int circle = thread % 2 == 0 ? Left.Value : Right.Value;
        if (circle == 0)
            Interlocked.Increment(ref s_wrong);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Touch<T>() => Slow<T>.Last is { Length: 2 } last && last[0] == Slow<T>.First ? last[1] : 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Opaque(int value) => value;
}

/// <summary>One call site that meets many types on all CPUs.</summary>
internal static class Calls
{
    private const int Rounds = 2000;

    private static int s_wrong;

    internal static int Wrong => s_wrong;

    private interface INumbered
    {
        int Number { get; }

        int Twice() => 2 * Number;
    }

    private sealed class Numbered<T> : INumbered
    {
        private readonly int _number;

        internal Numbered(int number) => _number = number;

        public int Number => _number;
    }

    internal static void Run(int thread)
    {
        INumbered[] objects =
        {
            new Numbered<byte>(0), new Numbered<sbyte>(1), new Numbered<short>(2), new Numbered<ushort>(3), new Numbered<int>(4),
            new Numbered<uint>(5), new Numbered<long>(6), new Numbered<ulong>(7), new Numbered<char>(8), new Numbered<bool>(9),
            new Numbered<string>(10), new Numbered<object>(11), new Numbered<int[]>(12), new Numbered<Exception>(13),
        };
        for (int round = 0; round < Rounds; round++)
        {
            int index = (round + (thread * 3)) % objects.Length;
            if (Number(objects[index]) != index || objects[index].Twice() != 2 * index)
                Interlocked.Increment(ref s_wrong);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Number(INumbered numbered) => numbered.Number;
}

/// <summary>Nobody gets what another has, and all of it is zero.</summary>
internal static class Allocation
{
    private const int Blocks = 500;

    private static int s_wrong;

    internal static int Wrong => s_wrong;

    internal static void Run(int thread)
    {
        byte[][] blocks = new byte[Blocks][];
        for (int i = 0; i < Blocks; i++)
        {
            byte[] block = new byte[(i * 13) % 200];
            foreach (byte b in block)
            {
                if (b != 0)
                    Interlocked.Increment(ref s_wrong);
            }
            Array.Fill(block, (byte)(thread + i));
            blocks[i] = block;
        }
        for (int i = 0; i < Blocks; i++)
        {
            foreach (byte b in blocks[i])
            {
                if (b != (byte)(thread + i))
                    Interlocked.Increment(ref s_wrong);
            }
        }
    }
}

/// <summary>Every thread has its own exceptions in flight.</summary>
internal static class Exceptions
{
    private const int Rounds = 200;

    private static int s_wrong;

    internal static int Wrong => s_wrong;

    private sealed class Numbered : Exception
    {
        internal readonly int Number;

        internal Numbered(int number) => Number = number;
    }

    internal static void Run(int thread)
    {
        for (int round = 0; round < Rounds; round++)
        {
            int number = (thread * 10000) + round;
            int seen = 0;
            try
            {
                try
                {
                    Throw(number, 5);
                }
                catch (Numbered numbered) when (numbered.Number != number)
                {
                    Interlocked.Increment(ref s_wrong);
                }
                finally
                {
                    try
                    {
                        Throw(-number, 2);
                    }
                    catch (Numbered inner)
                    {
                        seen = inner.Number;
                    }
                }
            }
            catch (Numbered outer)
            {
                seen += outer.Number;
                if (seen != 0)
                    Interlocked.Increment(ref s_wrong);
                continue;
            }
            Interlocked.Increment(ref s_wrong);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Throw(int number, int depth)
    {
        if (depth == 0)
            throw new Numbered(number);
        return Throw(number, depth - 1) + 1;
    }
}
