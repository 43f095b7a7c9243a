// Booting a scenario in QEMU on this terminal, as it is or under gdb.

// The files under out/guests that scenarios name and that are not there yet. Without a manifest's field, a mention is enough.
void MakeGuests(IEnumerable<string> scenarios)
{
    var wanted = scenarios.SelectMany(scenario => System.IO.File.ReadLines(Paths.Scenario(scenario)))
        .SelectMany(line => System.Text.RegularExpressions.Regex.Matches(line, @"(?<=[ \[])guests/([\w-]+)(?=$|[,\]])"))
        .Select(match => match.Groups[1].Value).Distinct().Where(file => !System.IO.File.Exists(System.IO.Path.Combine(Paths.Out, "guests", file)))
        .ToList();
    if (wanted.Count > 0)
    {
        HostTool("guests", new[] { "make", Paths.Out }.Concat(wanted).ToArray());
    }
}

static string[] QemuArguments(string scenario) =>
    Capture("dotnet", new[] { Paths.ToolAssembly("images"), "qemu", Paths.Scenario(scenario), Paths.Out })
        .TrimEnd('\n').Split('\n');

// QEMU waits in the background for gdb, its serial line in a file; gdb gets the symbols of everything that the scenario boots.
void DebugInQemu(string scenario)
{
    var directory = System.IO.Path.Combine(Paths.Out, "debug");
    System.IO.Directory.CreateDirectory(directory);
    var serial = System.IO.Path.Combine(directory, "serial.log");
    var socket = System.IO.Path.Combine(directory, "gdb.socket");
    var script = System.IO.Path.Combine(directory, "session.gdb");
    var modules = Capture("dotnet", new[] { Paths.ToolAssembly("images"), "modules", Paths.Scenario(scenario), Paths.Out })
        .Split('\n', StringSplitOptions.RemoveEmptyEntries);
    System.IO.File.Delete(socket);
    System.IO.File.WriteAllText(script, $"""
        set confirm off
        set pagination off
        set substitute-path /kilonova {Paths.Root}
        file {System.IO.Path.Combine(Paths.Out, "kernel.elf")}
        target remote {socket}
        {string.Join("\n", modules.Where(module => module.EndsWith(".elf")).Select(module => "add-symbol-file " + System.IO.Path.Combine(Paths.Out, module)))}
        echo \nThe machine stands at its first instruction. Set hardware breakpoints (hbreak) for code that is not loaded yet, then: continue\n
        echo The serial line goes to out/debug/serial.log\n

        """);

    var arguments = QemuArguments(scenario).Select(argument => argument == "mon:stdio" ? "file:" + serial : argument)
        .Concat(new[] { "-S", "-chardev", $"socket,path={socket},server=on,wait=off,id=gdb", "-gdb", "chardev:gdb" });
    using var qemu = Process.Start(new ProcessStartInfo("qemu-system-x86_64", arguments));
    try
    {
        for (var tries = 0; !System.IO.File.Exists(socket) && tries < 100; tries++)
        {
            System.Threading.Thread.Sleep(100);
        }
        // Ctrl-C is gdb's: it stops the guest, not this script.
        Console.CancelKeyPress += (_, press) => press.Cancel = true;
        using var gdb = Process.Start(new ProcessStartInfo("gdb", new[] { "-q", "-x", script }.Concat(GdbExtra())));
        gdb.WaitForExit();
    }
    finally
    {
        qemu.Kill();
    }
}

// KILONOVA_GDB holds further gdb commands, separated by semicolons: a session without a person.
static IEnumerable<string> GdbExtra() =>
    (Environment.GetEnvironmentVariable("KILONOVA_GDB") ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(line => new[] { "-ex", line.Trim() });
