using System;
using System.CommandLine;
using System.IO;
using System.Text;
using System.Threading;
using Kilonova.Images;

namespace Kilonova.Tool;

/// <summary>
/// kilonova attach: a view of the console, or the console's whole serial line, on this terminal. Without a terminal (behind a pipe) it types
/// the lines of its input, and ends when there are no more and the answer has come to rest.
/// </summary>
internal static class AttachCommand
{
    private const int LookMilliseconds = 50;

    internal static Command Create()
    {
        Argument<string?> view = new("view")
        {
            Description = "The view's name. If left out: the serial line itself, with Ctrl-T as the key for views.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string?> console = new("--console")
        {
            Description = "The first serial line, as --connect. If left out: the one of 'run --console socket' of this checkout.",
        };
        Option<double> quiet = new("--quiet")
        {
            Description = "Behind a pipe: seconds without text after which the answer counts as complete.",
            DefaultValueFactory = _ => 1,
        };
        Command command = new("attach", "Shows a view of the console of a running system and types into it. Ctrl-] leaves.") { view, console, quiet };
        command.SetAction(parsed =>
        {
            var rest = TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(quiet), 0, 3600));
            if (parsed.GetValue(view) is not { } name)
            {
                using var line = Endpoint.Open(parsed.GetValue(console) ?? "unix:" + RunFiles.ConsoleSocket(Options.ArtifactsOf(parsed)));
                AttachLine(line, rest);
                return ExitCode.Success;
            }

            using var system = Options.OpenSystem(parsed);
            new ViewSession(system, name).Run(rest);
            return ExitCode.Success;
        });
        return command;
    }

    // Every byte as it is, both ways: the other end is a terminal's program.
    private static void AttachLine(Stream line, TimeSpan rest)
    {
        var last = DateTime.UtcNow.Ticks;
        var ended = new ManualResetEventSlim();
        Thread reader = new(() =>
        {
            using var output = Console.OpenStandardOutput();
            var buffer = new byte[4096];
            try
            {
                for (var count = line.Read(buffer); count > 0; count = line.Read(buffer))
                {
                    output.Write(buffer, 0, count);
                    Interlocked.Exchange(ref last, DateTime.UtcNow.Ticks);
                }
            }
            catch (Exception failure) when (failure is IOException or ObjectDisposedException)
            {
                // The line is closed.
            }

            ended.Set();
        })
        { IsBackground = true };
        reader.Start();
        if (Console.IsInputRedirected)
        {
            while (Console.ReadLine() is { } text)
                line.Write(Encoding.UTF8.GetBytes(text + "\r"));

            while (!ended.IsSet && DateTime.UtcNow.Ticks - Interlocked.Read(ref last) < rest.Ticks)
                Thread.Sleep(LookMilliseconds);

            return;
        }

        Terminal.PassKeys(line, () => ended.IsSet);
    }

    /// <summary>A view: its text as it comes, and lines that are edited here.</summary>
    private sealed class ViewSession(ManagementClient system, string name)
    {
        private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
        private readonly StringBuilder _line = new();
        private ulong _view = ViewCommands.Find(system, name).View;
        private ulong _position;

        internal void Run(TimeSpan rest)
        {
            if (Console.IsInputRedirected)
            {
                ShowNew();
                while (Console.ReadLine() is { } text)
                    ViewCommands.Type(system, _view, text);

                for (var last = DateTime.UtcNow; DateTime.UtcNow - last < rest; Thread.Sleep(LookMilliseconds))
                {
                    if (ShowNew())
                        last = DateTime.UtcNow;
                }

                return;
            }

            Console.TreatControlCAsInput = true;
            while (true)
            {
                ShowNew();
                if (!Console.KeyAvailable)
                {
                    Thread.Sleep(LookMilliseconds);
                    continue;
                }

                var key = Console.ReadKey(intercept: true);
                if (key.KeyChar == Terminal.Leave)
                    return;

                Edit(key);
            }
        }

        private void Edit(ConsoleKeyInfo key)
        {
            if (key.Key == ConsoleKey.Enter)
            {
                // The console shows the line itself once it has it.
                EraseLine();
                ViewCommands.Type(system, _view, _line.ToString());
                _line.Clear();
            }
            else if (key.Key == ConsoleKey.Backspace && _line.Length > 0)
            {
                _line.Length--;
                Console.Write("\b \b");
            }
            else if (!char.IsControl(key.KeyChar))
            {
                _line.Append(key.KeyChar);
                Console.Write(key.KeyChar);
            }
        }

        private void EraseLine()
        {
            for (var i = 0; i < _line.Length; i++)
                Console.Write("\b \b");
        }

        // The line that is edited stays behind what comes.
        private bool ShowNew()
        {
            var shown = false;
            for (var text = Read(); text.Length > 0; text = Read())
            {
                if (!shown)
                    EraseLine();

                shown = true;
                var letters = new char[text.Length + 1];
                var count = _decoder.GetChars(text, letters, flush: false);
                for (var i = 0; i < count; i++)
                    Console.Write(letters[i] != '\n' && char.IsControl(letters[i]) ? '?' : letters[i]);
            }

            if (shown)
                Console.Write(_line);

            return shown;
        }

        // A component that was started again has a new view of the same name.
        private byte[] Read()
        {
            var text = system.ReadView(_view, ref _position);
            if (text is not null)
                return text;

            foreach (var (other, view) in system.ListViews())
            {
                if (other != name)
                    continue;

                _view = view.View;
                _position = 0;
                return system.ReadView(_view, ref _position) ?? [];
            }

            return [];
        }
    }
}
