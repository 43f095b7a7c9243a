using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

// RuntimeExport gives a kernel method its symbol; on the host there is nothing to export to.
namespace System.Runtime
{
    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class RuntimeExportAttribute(string name) : Attribute
    {
        public string Name { get; } = name;
    }
}

namespace Kilonova.Kernel
{
    /// <summary>The per-CPU block, as far as the log needs it; tests set <see cref="Current"/>.</summary>
    public unsafe struct Cpu
    {
        public const int Max = 512;

        public uint Number;

        public ArchCpu Arch;

        private static readonly Cpu* s_cpus = (Cpu*)NativeMemory.AllocZeroed(Max, (nuint)sizeof(Cpu));

        [ThreadStatic]
        private static uint s_current;

        public static uint Current
        {
            get => s_current;
            set => s_current = value;
        }

        public static Cpu* Of(uint number) => s_cpus + number;

        public static Cpu* This
        {
            get
            {
                s_cpus[s_current].Number = s_current;
                return s_cpus + s_current;
            }
        }
    }

    public struct ArchCpu
    {
        public uint ApicId;
    }

    public static class Machine
    {
        public static ulong Frequency { get; set; }

        public static ulong MillisecondsToTicks(uint milliseconds) => milliseconds;
    }

    public static class Tsc
    {
        public static ulong Now { get; set; }

        public static ulong Read() => Now;

        public static void Wait(ulong ticks) => Now += ticks;
    }

    /// <summary>What the serial line has carried.</summary>
    public static class SerialPort
    {
        private static readonly List<byte> s_sent = [];

        public static string Text => Encoding.UTF8.GetString([.. s_sent]);

        public static void Write(byte character) => s_sent.Add(character);

        public static void Clear() => s_sent.Clear();
    }

    /// <summary>A halted CPU never goes on: here its thread is thrown out.</summary>
    public sealed class HaltedException : Exception
    {
        public HaltedException()
        {
        }

        public HaltedException(string message)
            : base(message)
        {
        }

        public HaltedException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public static class Arch
    {
        public static int Stopped { get; set; }

        public static void Halt() => throw new HaltedException();

        public static void StopOthers() => Stopped++;
    }

    public static class StackTrace
    {
        public static void PrintOwn()
        {
        }
    }

    /// <summary>RAM of 64 KiB, physical address 0 first.</summary>
    public static unsafe class DirectMap
    {
        public const int Size = 0x1_0000;

        private static readonly byte* s_ram = (byte*)NativeMemory.AllocZeroed(Size);

        public static void* ToVirtual(ulong physical) => s_ram + physical;
    }

    public static unsafe class Memory
    {
        public static void Zero(void* destination, nuint bytes) => NativeMemory.Clear(destination, bytes);
    }
}
