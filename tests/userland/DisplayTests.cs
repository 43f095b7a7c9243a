using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Kilonova.Boot;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>The console on a screen, as somebody before it sees it and types on its keyboard.</summary>
public sealed class DisplayTests : IDisposable
{
    private const ulong TextMemory = 0xb8000;
    private const int TextColumns = 80;
    private const int TextRows = 25;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    // Short, as the path of a socket must be.
    private readonly string _folder = Directory.CreateTempSubdirectory("kn-").FullName;

    private string Socket => Path.Combine(_folder, "qmp");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Under_BIOS_the_console_is_shown_in_text_mode_and_the_keyboard_types_into_it()
    {
        using World world = World.OfScenario("shell", 2, "-text", ["-vga", "std", .. QemuMonitor.Options(Socket)]);
        world.Expect("display of 80 columns and 25 rows", "Welcome to Kilonova");
        using QemuMonitor monitor = new(Socket);

        Use(monitor, () => Text(monitor.Memory(_folder, TextMemory, TextColumns * TextRows * 2)));
        world.Expect("console: running");
        world.IsSound();
    }

    [Fact]
    public void Under_UEFI_the_console_is_shown_on_the_framebuffer()
    {
        QemuSpec spec = new(BootPath.GrubUefi, "q35", "max", 2) { Options = ["-vga", "std", .. QemuMonitor.Options(Socket)] };
        using World world = World.OfImage("shell", spec);
        world.Expect("display of ", "Welcome to Kilonova");
        using QemuMonitor monitor = new(Socket);

        Use(monitor, () => ScreenReader.Read(monitor.Screen(_folder)));
        world.IsSound();
    }

    // The shell answers, the log is shown by Alt-F1, and the shell again by Alt-F2.
    private static void Use(QemuMonitor monitor, Func<string[]> screen)
    {
        WaitFor(screen, text => text[0].StartsWith(" 0 log  1 shell", StringComparison.Ordinal) && text.Contains("Welcome to Kilonova. Type help."));
        monitor.Press("l", "i", "s", "x", "backspace", "t", "ret");
        WaitFor(screen, text => text.Contains("> list") && text.Contains("console: running, life 1, 0 crashes"));
        monitor.Press("alt+f1");
        WaitFor(screen, text => text.Any(line => line.EndsWith("I sigma0| started shell, life 1", StringComparison.Ordinal)));
        monitor.Press("alt+f2");
        WaitFor(screen, text => text.Contains("> list"));
    }

    private static void WaitFor(Func<string[]> screen, Func<string[], bool> isThere)
    {
        string[] text = [];
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < s_patience; Thread.Sleep(200))
        {
            text = screen();
            if (isThere(text))
                return;
        }

        Assert.Fail($"what was waited for is not on the screen:\n{string.Join('\n', text)}");
    }

    private static string[] Text(byte[] memory)
    {
        string all = Encoding.Latin1.GetString([.. memory.Where((_, at) => at % 2 == 0)]);
        return [.. Enumerable.Range(0, TextRows).Select(row => all.Substring(row * TextColumns, TextColumns).TrimEnd())];
    }
}
