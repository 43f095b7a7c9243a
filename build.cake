// Every step of the build, in the order in which they stand on each other. build.sh calls the task named like its command.
// tools/cake holds what the steps are made of: native.cake turns IL into ELF files, emulator.cake starts QEMU, tests.cake runs tests.

using System.Diagnostics;

#load "tools/cake/paths.cake"
#load "tools/cake/native.cake"
#load "tools/cake/emulator.cake"
#load "tools/cake/tests.cake"

var target = Argument("target", "build");
var name = Argument("name", "");
var onlyOne = target == "build" && name != "";

// C# to IL: host tools and tests, and the freestanding assemblies of kernel and components.
Task("compile").Does(() =>
{
    foreach (var project in onlyOne ? Paths.ToolsOfBuild.Append(Paths.ProjectOfImage(name)) : new[] { Paths.Solution })
    {
        Information("Compiling {0}", System.IO.Path.GetFileName(project));
        Dotnet("msbuild", project, "-restore", "-nologo", "-verbosity:quiet", "-maxCpuCount:2");
    }
});

// IL to ELF: ilc, as, ld, symbol table and gates, for each image whose inputs have changed.
Task("build").IsDependentOn("compile").Does(() =>
{
    BuildNative(NativeImage.All().Where(image => !onlyOne || image.Name == name).ToList());
});

// What the compiler cannot check, once more and with a report; building an image has already failed if it broke a gate.
Task("gates").IsDependentOn("build").Does(() =>
{
    var named = new HashSet<string>();
    foreach (var image in NativeImage.All())
    {
        named.UnionWith(HotPaths(image).Except(RunGates(image, verbose: true)));
    }
    var nameless = NativeImage.All().SelectMany(HotPaths).Distinct().Except(named).ToList();
    if (nameless.Count > 0)
    {
        throw new Exception($"hot paths that name no function of any image, misspelled or gone: {string.Join(", ", nameless)}");
    }
    HostTool("gates", "sources", Paths.Root, "--settings", NativeImage.GateSettings);
});

// What guests boot: Debian's kernels and a RAM disk, kept in a cache outside of the sources. Only what a scenario names.
Task("guests").IsDependentOn("build").Does(() => MakeGuests(name == "" ? Paths.Scenarios() : new[] { name }));

// A bootable image of one scenario: .iso for GRUB under BIOS and UEFI, .img for syslinux.
Task("image").IsDependentOn("guests").Does(() => HostTool("images", "build", Paths.Scenario(name), Paths.Out));

// The images of all scenarios, for the tests that boot them.
Task("images").IsDependentOn("build").Does(() =>
{
    MakeGuests(Paths.Scenarios());
    foreach (var scenario in Paths.Scenarios())
    {
        HostTool("images", "build", Paths.Scenario(scenario), Paths.Out);
    }
});

Task("run").IsDependentOn("build").Does(() =>
{
    var scenario = name == "" ? "demo" : name;
    MakeGuests(new[] { scenario });
    var arguments = QemuArguments(scenario);
    Information("Booting {0}. Leave with Ctrl-A X.", scenario);
    Attach("qemu-system-x86_64", arguments);
});

Task("debug").IsDependentOn("build").Does(() => DebugInQemu(name == "" ? "hello" : name));

Task("test").IsDependentOn("gates").IsDependentOn("images").Does(() => RunTests(name));

Task("soak").IsDependentOn("images").Does(() => RunSoak(name));

Task("bench").IsDependentOn("images").Does(() => RunBench());

RunTarget(target);
