using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace Kilonova.Boot;

/// <summary>
/// A running emulator: its process and its serial line. Disposing ends it and everything it started, by process identifiers of its own;
/// should the test host die first, a deadline of the operating system's ends it.
/// </summary>
public abstract class Emulator : IDisposable
{
    /// <summary>No boot takes longer, whatever a test says.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    private static readonly TimeSpan s_patienceForSlot = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan s_patienceForEnd = TimeSpan.FromSeconds(10);
    private const int KillSignal = 9;

    private readonly EmulatorSlot _slot;
    private readonly Process _process;
    private readonly Thread _errorReader;
    private readonly SerialLog _errors = new();
    private readonly string _commandLine;
    private Thread? _serialReader;
    private TcpListener? _listener;

    // What is typed goes there; the program's standard input unless the serial line is a socket.
    private volatile Stream? _keys;
    private volatile bool _disposed;

    /// <summary>Starts the program, once a slot for it is free.</summary>
    protected Emulator(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        _slot = EmulatorSlot.Take(s_patienceForSlot);
        try
        {
            _commandLine = string.Join(' ', arguments.Prepend(program).Select(Quote));
            ProcessStartInfo start = new("timeout")
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            string seconds = Limit.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
            foreach (string argument in (string[])["--signal=KILL", seconds, program, .. arguments])
                start.ArgumentList.Add(argument);

            foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
                start.Environment[name] = value;

            _process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
            _errorReader = Read(_process.StandardError.BaseStream, _errors);
        }
        catch
        {
            _slot.Dispose();
            throw;
        }
    }

    /// <summary>The machine's first serial line.</summary>
    public SerialLog Serial { get; } = new();

    /// <summary>Types text on the first serial line, once something has come from there.</summary>
    public void Type(string text)
    {
        Stream keys = _keys ?? throw new InvalidOperationException("nothing is at the other end of the serial line yet");
        keys.Write(Encoding.Latin1.GetBytes(text));
        keys.Flush();
    }

    /// <summary>Waits for the machine to switch itself off.</summary>
    /// <returns>The emulator's exit code, or null when it still runs.</returns>
    public int? WaitForExit(TimeSpan patience) => _process.WaitForExit(patience) ? _process.ExitCode : null;

    /// <summary>What the machine is doing just now, if it runs and the emulator can tell: for whoever must find out why it does not go on.</summary>
    public virtual string Examine() => "";

    /// <summary>Everything that helps to understand what happened.</summary>
    public string Report()
        => $"$ {_commandLine}\n{string.Join('\n', _errors.Lines)}\n--- serial line ---\n{string.Join('\n', Serial.Lines)}\n";

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The serial line is the program's standard output and input.</summary>
    protected void UseStandardStreams()
    {
        _keys = _process.StandardInput.BaseStream;
        _serialReader = Read(_process.StandardOutput.BaseStream, Serial);
    }

    /// <summary>The serial line is a connection that the program makes.</summary>
    protected void UseConnection(TcpListener listener)
    {
        _listener = listener;
        Read(_process.StandardOutput.BaseStream, _errors);
        _serialReader = Background(() => Converse(listener));
    }

    protected virtual void Dispose(bool disposing)
    {
        if (_disposed)
            return;

        _disposed = true;
        EndProcesses();
        _process.WaitForExit(s_patienceForEnd);
        _serialReader?.Join(s_patienceForEnd);
        _errorReader.Join(s_patienceForEnd);
        _listener?.Dispose();
        _process.Dispose();
        _slot.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int process, int signal);

    private static Thread Read(Stream stream, SerialLog log) => Background(() => Copy(stream, log));

    private static void Copy(Stream stream, SerialLog log)
    {
        byte[] buffer = new byte[4096];
        try
        {
            for (int count = stream.Read(buffer); count > 0; count = stream.Read(buffer))
                log.Append(buffer.AsSpan(0, count));
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // The process was ended while it wrote.
        }

        log.End();
    }

    private static Thread Background(Action action)
    {
        Thread thread = new(() => action()) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static string Quote(string word) => word.Contains(' ', StringComparison.Ordinal) ? $"'{word}'" : word;

    // A program that ends before it has connected has nothing to say.
    private void Converse(TcpListener listener)
    {
        while (!listener.Pending())
        {
            if (_disposed || _process.HasExited)
            {
                Serial.End();
                return;
            }

            Thread.Sleep(50);
        }

        using NetworkStream stream = new(listener.AcceptSocket(), ownsSocket: true);
        _keys = stream;
        Copy(stream, Serial);
    }

    /// <summary>Ends the process that was started and its descendants, which may have left its process group.</summary>
    private void EndProcesses()
    {
        if (_process.HasExited)
            return;

        foreach (int process in Descendants(_process.Id).Append(_process.Id))
            _ = SendSignal(process, KillSignal);
    }

    private static List<int> Descendants(int root)
    {
        ILookup<int, int> children = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int process) ? process : 0)
            .Where(process => process != 0)
            .ToLookup(ParentOf);
        List<int> found = [.. children[root]];
        for (int i = 0; i < found.Count; i++)
            found.AddRange(children[found[i]]);

        return found;
    }

    private static int ParentOf(int process)
    {
        try
        {
            // The command in parentheses may hold anything; state and parent follow it.
            string status = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(status[(status.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
