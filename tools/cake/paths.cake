// Where things are, and how a step runs another program.

using System.Diagnostics;

static class Paths
{
    public static readonly string Root = System.IO.Directory.GetCurrentDirectory();
    public static readonly string Out = System.IO.Path.Combine(Root, "out");
    public static readonly string Images = System.IO.Path.Combine(Out, "images");
    public static readonly string Solution = System.IO.Path.Combine(Root, "Kilonova.slnx");

    // The tools that turn IL into checked ELF files: building one image needs no more of the solution than these, what they stand on, and the image's project.
    public static readonly string[] ToolsOfBuild = { Tool("gates") };

    public static string Tool(string name) =>
        System.IO.Directory.GetFiles(System.IO.Path.Combine(Root, "tools", name), "*.csproj").Single();

    public static string ToolAssembly(string name)
    {
        var project = System.IO.Path.GetFileNameWithoutExtension(Tool(name));
        return System.IO.Path.Combine(Out, "bin", project, "debug", project + ".dll");
    }

    public static string Scenario(string name)
    {
        var manifest = System.IO.Path.Combine(Root, "images", name + ".yaml");
        return System.IO.File.Exists(manifest)
            ? manifest
            : throw new Exception($"no scenario '{name}'; there are: {string.Join(", ", Scenarios())}");
    }

    public static IEnumerable<string> Scenarios()
    {
        var directory = System.IO.Path.Combine(Root, "images");
        return System.IO.Directory.Exists(directory)
            ? System.IO.Directory.GetFiles(directory, "*.yaml").Select(System.IO.Path.GetFileNameWithoutExtension).OrderBy(x => x, StringComparer.Ordinal)
            : Enumerable.Empty<string>();
    }

    // The project whose assembly, and so whose image, has this name: kernel/kernel.csproj, userland/**/<name>.csproj, tests/**/<name>.csproj.
    public static string ProjectOfImage(string name) =>
        new[] { "kernel", "userland", "tests" }
            .Select(room => System.IO.Path.Combine(Root, room))
            .Where(System.IO.Directory.Exists)
            .SelectMany(room => System.IO.Directory.GetFiles(room, name + ".csproj", SearchOption.AllDirectories))
            .SingleOrDefault() ?? throw new Exception($"no project {name}.csproj in kernel, userland or tests");
}

// Runs a program to its end and returns what it printed; a failure carries the printed text.
static string Capture(string program, IEnumerable<string> arguments)
{
    var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
    foreach (var argument in arguments)
    {
        start.ArgumentList.Add(argument);
    }
    using var process = Process.Start(start);
    var errors = process.StandardError.ReadToEndAsync();
    var text = process.StandardOutput.ReadToEnd() + errors.Result;
    process.WaitForExit();
    return process.ExitCode == 0
        ? text
        : throw new Exception($"{System.IO.Path.GetFileName(program)} failed ({process.ExitCode}):\n{text.TrimEnd()}");
}

// Runs a program on this terminal and fails when it fails.
static void Attach(string program, params string[] arguments)
{
    using var process = Process.Start(new ProcessStartInfo(program, arguments));
    process.WaitForExit();
    if (process.ExitCode != 0)
    {
        throw new Exception($"{System.IO.Path.GetFileName(program)} {arguments.FirstOrDefault()} failed ({process.ExitCode})");
    }
}

// Compiling, and fetching packages before: on a fresh machine that takes minutes, in which something should move.
void Dotnet(params string[] arguments)
{
    var watch = Stopwatch.StartNew();
    using var process = Process.Start(new ProcessStartInfo("dotnet", arguments));
    while (!process.WaitForExit(30_000))
    {
        Information("  {0:0} s so far", watch.Elapsed.TotalSeconds);
    }
    process.WaitForExit();
    if (process.ExitCode != 0)
    {
        throw new Exception($"dotnet {arguments.FirstOrDefault()} failed ({process.ExitCode})");
    }
}

static void HostTool(string name, params string[] arguments) =>
    Attach("dotnet", arguments.Prepend(Paths.ToolAssembly(name)).ToArray());
