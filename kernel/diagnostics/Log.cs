using System.Runtime.Intrinsics.X86;

namespace Kilonova.Kernel;

/// <summary>
/// The kernel's log: lines of UTF-8 on the serial port and in the memory-buffer console, each with time since power-on and CPU. A line
/// is Begin, some writes, End; lines of different CPUs do not mix.
/// </summary>
/// <remarks>
/// s_owner is the number plus 1 of the CPU whose line is being written; it is the lock of everything here. A CPU that begins a line
/// while it writes one (an NMI, a panic) just goes on. After <see cref="Seize"/> only the panicking CPU writes, without waiting.
/// </remarks>
public static unsafe class Log
{
    private static uint s_owner;
    private static uint s_seized;
    private static uint s_depth;
    private static bool s_muted;
    private static LogLevel s_level = LogLevel.Info;
    private static delegate*<void> s_lineEnd;

    /// <summary>The least important level that is printed.</summary>
    public static void SetLevel(LogLevel level) => s_level = level;

    /// <summary>
    /// What is called after each line, without the lock, on the CPU that wrote it: signals the console semaphore. Not called in a panic.
    /// </summary>
    public static void OnLineEnd(delegate*<void> action) => s_lineEnd = action;

    /// <summary>A line of its own.</summary>
    public static void Info(ReadOnlySpan<byte> text) => Line(LogLevel.Info, text);

    /// <summary>A line of its own.</summary>
    public static void Warning(ReadOnlySpan<byte> text) => Line(LogLevel.Warning, text);

    /// <summary>A line of its own.</summary>
    public static void Error(ReadOnlySpan<byte> text) => Line(LogLevel.Error, text);

    /// <summary>A line of its own.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Line(LogLevel level, ReadOnlySpan<byte> text)
    {
        Begin(level);
        Write(text);
        End();
    }

    /// <summary>A line of its own with numbers in it: <see cref="Write(ReadOnlySpan{byte}, ulong, ulong, ulong)"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Line(LogLevel level, ReadOnlySpan<byte> format, ulong a, ulong b = 0, ulong c = 0)
    {
        Begin(level);
        Write(format, a, b, c);
        End();
    }

    /// <summary>Begins a line. Every Begin has its <see cref="End"/>, without anything in between that could fail.</summary>
    public static void Begin(LogLevel level)
    {
        uint self = Cpu.This->Number + 1;
        if (s_owner == self)
        {
            s_depth++;
            return;
        }

        while (Volatile.Read(ref s_seized) != self)
        {
            if (s_seized != 0)
                Arch.Halt();

            if (Interlocked.CompareExchange(ref s_owner, self, 0) == 0)
                break;

            X86Base.Pause();
        }

        s_muted = level > s_level;
        WriteTime();
        Write(" #%"u8, self - 1);
        Write(level switch
        {
            LogLevel.Error => "] ERROR: "u8,
            LogLevel.Warning => "] warning: "u8,
            _ => "] "u8,
        });
    }

    /// <summary>Ends the line.</summary>
    public static void End()
    {
        Put((byte)'\n');
        if (s_depth != 0)
        {
            s_depth--;
            return;
        }

        bool signal = !s_muted && s_seized == 0 && s_lineEnd != null;
        Volatile.Write(ref s_owner, 0);
        if (signal)
            s_lineEnd();
    }

    /// <summary>Text in UTF-8. Control characters other than line feed become dots: text may come from a boot loader or firmware.</summary>
    public static void Write(ReadOnlySpan<byte> text)
    {
        for (int i = 0; i < text.Length; i++)
            Put(text[i] is < 0x20 and not (byte)'\n' or 0x7f ? (byte)'.' : text[i]);
    }

    /// <summary>Text with numbers: % stands for the next one in decimal, $ in hexadecimal, @ in hexadecimal with all 16 digits.</summary>
    public static void Write(ReadOnlySpan<byte> format, ulong a, ulong b = 0, ulong c = 0)
    {
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] is not ((byte)'%' or (byte)'$' or (byte)'@'))
            {
                Put(format[i]);
                continue;
            }

            Write(format[i] == '$' ? "0x"u8 : default);
            Number(a, format[i] == '%' ? 10ul : 16ul, format[i] == '@' ? 16 : 1);
            a = b;
            b = c;
        }
    }

    /// <summary>Panic: from now on this CPU alone writes. False if another CPU has seized the log before.</summary>
    public static bool Seize()
    {
        uint self = Cpu.This->Number + 1;
        uint before = Interlocked.CompareExchange(ref s_seized, self, 0);
        if (before == 0)
        {
            s_level = LogLevel.Debug;
            s_muted = false;
            s_depth = 0;
            if (s_owner != 0)
            {
                s_owner = 0;
                Put((byte)'\n');
            }
        }

        return before == 0 || before == self;
    }

    /// <summary>Forgets owner and level. For a new start on the host.</summary>
    public static void Reset()
    {
        s_owner = 0;
        s_seized = 0;
        s_depth = 0;
        s_muted = false;
        s_level = LogLevel.Info;
        s_lineEnd = null;
    }

    private static void WriteTime()
    {
        Put((byte)'[');
        ulong frequency = Machine.Frequency;
        ulong ticks = Tsc.Read();
        ulong seconds = frequency == 0 ? 0 : ticks / frequency;
        ulong microseconds = frequency == 0 ? 0 : (ticks - (seconds * frequency)) / (frequency / 1_000_000);
        for (ulong limit = 1000; limit > 1 && seconds < limit; limit /= 10)
            Put((byte)' ');

        Number(seconds, 10, 1);
        Put((byte)'.');
        Number(Math.Min(microseconds, 999_999), 10, 6);
    }

    private static void Number(ulong value, ulong radix, int digits)
    {
        ulong power = 1;
        for (; digits > 1 || value / power >= radix; digits--)
            power *= radix;

        for (; power != 0; power /= radix)
        {
            uint digit = (uint)(value / power % radix);
            Put((byte)(digit < 10 ? '0' + digit : 'a' + digit - 10));
        }
    }

    private static void Put(byte character)
    {
        if (s_muted)
            return;

        if (character == '\n')
            SerialPort.Write((byte)'\r');

        SerialPort.Write(character);
        MemoryConsole.Write(character);
    }
}
