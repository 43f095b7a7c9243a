// From IL to a bootable ELF file: ilc compiles the whole program to one object, as adds the assembly of every project in the closure,
// ld links, a second link embeds the table of symbols. docs/building.md tells why each option is there.

using System.Security.Cryptography;
using System.Text;

// What a project with <KilonovaImage> left under out/obj/images (Directory.Build.targets).
sealed class NativeImage
{
    public string Name, Kind, ProjectFile, Ilc, Input;
    public string[] IlcOptions = { };
    public readonly List<string> References = new();
    public readonly List<string> SourceFolders = new();

    public string Project => System.IO.Path.GetDirectoryName(ProjectFile);
    public string ObjectDirectory => System.IO.Path.Combine(Paths.Out, "obj", "native", Name);
    public string IlcLog => System.IO.Path.Combine(ObjectDirectory, "ilc.log");
    public string SymbolTable => System.IO.Path.ChangeExtension(Output, ".symbols");
    public string Stamp => System.IO.Path.Combine(ObjectDirectory, "stamp");

    public string Output => Kind switch
    {
        "kernel" => System.IO.Path.Combine(Paths.Out, Name + ".elf"),
        "component" => System.IO.Path.Combine(Paths.Out, "components", Name + ".elf"),
        "test" => System.IO.Path.Combine(Paths.Out, "tests", Name + ".elf"),
        _ => throw new Exception($"{Name}: KilonovaImage is '{Kind}', must be kernel, component or test"),
    };

    public static IReadOnlyList<NativeImage> All()
    {
        var directory = System.IO.Path.Combine(Paths.Out, "obj", "images");
        return System.IO.Directory.Exists(directory)
            ? System.IO.Directory.GetFiles(directory, "*.image").OrderBy(x => x, StringComparer.Ordinal).Select(Read)
                .Where(image => System.IO.File.Exists(image.ProjectFile)).ToList()
            : new List<NativeImage>();
    }

    private static NativeImage Read(string file)
    {
        var image = new NativeImage { Name = System.IO.Path.GetFileNameWithoutExtension(file) };
        foreach (var line in System.IO.File.ReadAllLines(file))
        {
            var value = line.Substring(line.IndexOf('=') + 1);
            switch (line.Substring(0, line.IndexOf('=')))
            {
                case "kind": image.Kind = value; break;
                case "project": image.ProjectFile = value; break;
                case "ilc": image.Ilc = value; break;
                case "input": image.Input = value; break;
                case "ilcoptions": image.IlcOptions = value.Split(' ', StringSplitOptions.RemoveEmptyEntries); break;
                case "reference": image.References.Add(value); break;
                case "sources": image.SourceFolders.Add(value); break;
            }
        }
        return image;
    }

    // Assembly and linker scripts belong to the project in whose folder they lie; a folder with a project file of its own is another project.
    public IEnumerable<string> Sources(string pattern) =>
        SourceFolders.Prepend(Project).SelectMany(folder => Below(folder, pattern)).Distinct();

    // Assembly and the core library call the run time by symbol; ilc keeps such functions only of assemblies that it is told.
    public IEnumerable<string> EntryPointAssemblies =>
        References.Select(reference => System.IO.Path.GetFileNameWithoutExtension(reference)).Where(name => name.StartsWith("Kilonova.Runtime"));

    // Nobody reports the crashes of the kernel or of a root task but itself; the tables of other programs travel beside them.
    public bool EmbedsSymbols => Kind == "kernel" || EntryPointAssemblies.Contains("Kilonova.Runtime.Root");

    // An image's own script wins over the one that its libraries bring.
    public string LinkerScript()
    {
        var scripts = Below(Project, "*.ld").ToList();
        if (scripts.Count == 0)
        {
            scripts = Sources("*.ld").ToList();
        }
        return scripts.Count == 1
            ? scripts[0]
            : throw new Exception($"{Name}: needs one linker script, found {scripts.Count}: {string.Join(", ", scripts)}");
    }

    private static IEnumerable<string> Below(string directory, string pattern) =>
        System.IO.Directory.GetFiles(directory, pattern)
            .Concat(System.IO.Directory.GetDirectories(directory)
                .Where(child => System.IO.Directory.GetFiles(child, "*.csproj").Length == 0)
                .SelectMany(child => Below(child, pattern)))
            .OrderBy(x => x, StringComparer.Ordinal);

    // Everything that can change the result: unchanged inputs mean that the image need not be built.
    public string InputHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(Ilc + string.Join(" ", IlcOptions) + Kind));
        var files = References.Append(Input)
            .Concat(Sources("*.S")).Concat(Sources("*.h")).Append(LinkerScript())
            .Concat(Sources("hotpaths.txt")).Append(Gates)
            .Append(Paths.ToolAssembly("gates")).Append(Paths.ToolAssembly("symbols"))
            .Append(System.IO.Path.Combine(Paths.Root, "tools", "cake", "native.cake"));
        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(file));
            hash.AppendData(System.IO.File.ReadAllBytes(file));
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    // An image that is only for tests may have limits of its own.
    public string Gates => System.IO.Path.Combine(Project, "gates.json") is var own && System.IO.File.Exists(own) ? own : GateSettings;

    public static readonly string GateSettings = System.IO.Path.Combine(Paths.Root, "tools", "gates", "gates.json");
}

void BuildNative(IReadOnlyList<NativeImage> images)
{
    var stale = images.Where(image =>
        !System.IO.File.Exists(image.Output) || !System.IO.File.Exists(image.Stamp) || System.IO.File.ReadAllText(image.Stamp) != image.InputHash()).ToList();
    var failures = new List<string>();
    Parallel.ForEach(stale, new ParallelOptions { MaxDegreeOfParallelism = 2 }, image =>
    {
        try
        {
            var watch = Stopwatch.StartNew();
            BuildNative(image);
            RunGates(image, verbose: false);
            System.IO.File.WriteAllText(image.Stamp, image.InputHash());
            Information("{0}: {1} KiB in {2:0.0} s", image.Name, new FileInfo(image.Output).Length / 1024, watch.Elapsed.TotalSeconds);
        }
        catch (Exception exception)
        {
            lock (failures)
            {
                failures.Add($"{image.Name}: {exception.Message}");
            }
        }
    });
    if (failures.Count > 0)
    {
        throw new Exception(string.Join("\n", failures));
    }
    Information("{0} images built, {1} up to date", stale.Count, images.Count - stale.Count);
}

static void BuildNative(NativeImage image)
{
    System.IO.Directory.CreateDirectory(image.ObjectDirectory);
    System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(image.Output));
    System.IO.File.Delete(image.Stamp);

    var objects = new List<string> { CompileToObject(image) };
    objects.AddRange(image.Sources("*.S").Select(source => Assemble(image, source, ObjectName(image, source))));
    LinkWithSymbols(image, objects);
}

static string CompileToObject(NativeImage image)
{
    var result = System.IO.Path.Combine(image.ObjectDirectory, image.Name + ".ilc.o");
    MakeRunnable(image.Ilc);
    var arguments = new List<string>
    {
        image.Input, "-o", result, "--systemmodule", "System.Private.CoreLib", "-O", "-g", "--targetos:linux", "--targetarch:x64",
        "--directpinvoke:*", "--reflectiondata:none", "--generateunmanagedentrypoints:System.Private.CoreLib",
    };
    arguments.AddRange(image.References.SelectMany(reference => new[] { "-r", reference }));
    arguments.AddRange(image.EntryPointAssemblies.Select(assembly => "--generateunmanagedentrypoints:" + assembly));
    arguments.AddRange(image.IlcOptions);

    // A body that ilc could not compile is only a line in its output (IL1005): the log is one of the gates' inputs.
    var log = Capture(image.Ilc, arguments);
    System.IO.File.WriteAllText(image.IlcLog, log);
    Capture("dotnet", new[] { Paths.ToolAssembly("gates"), "ilc-log", image.IlcLog });
    return result;
}

// The package gives its run bit to the owner only; the NuGet cache may belong to somebody else's umask.
static void MakeRunnable(string ilc)
{
    var mode = System.IO.File.GetUnixFileMode(ilc);
    if ((mode & UnixFileMode.UserExecute) == 0)
    {
        System.IO.File.SetUnixFileMode(ilc, mode | UnixFileMode.UserExecute);
    }
}

static string ObjectName(NativeImage image, string source) =>
    System.IO.Path.Combine(image.ObjectDirectory, System.IO.Path.GetRelativePath(Paths.Root, source).Replace('/', '.') + ".o");

// .S is assembly behind the C preprocessor, as everywhere. The line markers that cpp leaves let a debugger show the source.
static string Assemble(NativeImage image, string source, string result)
{
    var directory = System.IO.Path.GetDirectoryName(source);
    var preprocessed = System.IO.Path.ChangeExtension(result, ".s");
    Capture("cpp", new[] { "-x", "assembler-with-cpp", "-I", directory, "-I", Paths.Root, source, "-o", preprocessed });
    Capture("as", new[]
    {
        "--64", "-g", "--noexecstack", "--fatal-warnings", "--debug-prefix-map", Paths.Root + "=/kilonova",
        "-I", directory, "-I", Paths.Root, "-o", result, preprocessed,
    });
    return result;
}

static void Link(NativeImage image, IEnumerable<string> objects, string result) =>
    Capture("ld", new[]
    {
        "-nostdlib", "-static", "-z", "noexecstack", "-z", "max-page-size=4096", "--build-id=none", "--no-undefined", "--eh-frame-hdr",
        "-Map", System.IO.Path.ChangeExtension(result, ".map"), "-T", image.LinkerScript(), "-o", result,
    }.Concat(objects));

// The table holds addresses that are known only after linking, and takes room itself. The first link has an empty table; each further
// one embeds the table of the one before, until it does not change. That is the second link where the table lies behind the code.
static void LinkWithSymbols(NativeImage image, IReadOnlyList<string> objects)
{
    var table = System.IO.Path.Combine(image.ObjectDirectory, "symbols.bin");
    var linked = System.IO.Path.Combine(image.ObjectDirectory, image.Name + ".elf");
    var embeds = image.EmbedsSymbols;
    System.IO.File.WriteAllBytes(table, Array.Empty<byte>());
    for (var pass = 1; pass <= 4; pass++)
    {
        var before = System.IO.File.ReadAllBytes(table);
        Link(image, embeds ? objects.Append(EmbedTable(image, table)) : objects, linked);
        Capture("dotnet", new[] { Paths.ToolAssembly("symbols"), "extract", linked, table, image.Input }.Concat(image.References));
        if (!embeds || before.SequenceEqual(System.IO.File.ReadAllBytes(table)))
        {
            System.IO.File.Copy(table, image.SymbolTable, overwrite: true);
            System.IO.File.Move(linked, image.Output, overwrite: true);
            return;
        }
    }
    throw new Exception("the symbol table moves the code that it describes: .symtab_compact must lie behind .text in the linker script");
}

static string EmbedTable(NativeImage image, string table)
{
    var source = System.IO.Path.Combine(image.ObjectDirectory, "symbols.S");
    System.IO.File.WriteAllText(source, $"""
        .section .symtab_compact, "a", @progbits
        .balign 8
        .globl __symbols_start, __symbols_end
        __symbols_start:
        .incbin "{table}"
        __symbols_end:

        """);
    return Assemble(image, source, System.IO.Path.ChangeExtension(source, ".o"));
}

// Returns the hot paths that name no function of the image: inlined, not used, or misspelled.
IEnumerable<string> RunGates(NativeImage image, bool verbose)
{
    var arguments = new List<string> { Paths.ToolAssembly("gates"), "image", image.Output, "--kind", image.Kind };
    arguments.AddRange(new[] { "--settings", image.Gates, "--symbols", image.SymbolTable });
    arguments.AddRange(image.Sources("hotpaths.txt").SelectMany(list => new[] { "--hotpaths", list }));
    var report = Capture("dotnet", arguments).TrimEnd();
    if (verbose)
    {
        Information(report);
    }
    const string NamesNothing = " names nothing here";
    return report.Split('\n').Where(line => line.EndsWith(NamesNothing)).Select(line => line.Replace(NamesNothing, "").Trim());
}

static IEnumerable<string> HotPaths(NativeImage image) =>
    image.Sources("hotpaths.txt").SelectMany(System.IO.File.ReadLines).Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0);
