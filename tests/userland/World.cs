using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Kilonova.Boot;
using Kilonova.Images;

namespace Kilonova.Userland.Tests;

/// <summary>A booted manifest, driven through the serial line: what is typed and what must come in answer.</summary>
internal sealed class World : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    // Firmware and boot loader come first.
    private static readonly TimeSpan s_patienceForImage = TimeSpan.FromMinutes(2);

    // From a component's start until its view is there.
    private static readonly TimeSpan s_opening = TimeSpan.FromSeconds(2);
    private static readonly string[] s_trouble = ["panic: ", "PANIC", "killed: context"];

    private readonly string _name;
    private readonly Emulator _emulator;
    private readonly Dictionary<string, int> _views = [];
    private int _seen;
    private string _shown = "";

    private World(string name, Scenario scenario, QemuSpec machine)
    {
        _name = name;
        CompiledManifest.Write(scenario, Repository.Out);
        _emulator = QemuMachine.Start(machine, new BootImage(scenario, Repository.Out, "", ""));
    }

    private World(string name, Scenario scenario, int cpus, params IReadOnlyList<string> options)
        : this(name, scenario, new QemuSpec(BootPath.Kernel, "q35", "max", cpus) { Options = options })
    {
    }

    private World(string name, BochsSpec spec, BootImage image, TimeSpan patience)
    {
        _name = name;
        Patience = patience;
        _emulator = BochsMachine.Start(spec, image);
    }

    private World(string name, QemuSpec spec, BootImage image)
    {
        _name = name;
        Patience = s_patienceForImage;
        _emulator = QemuMachine.Start(spec, image);
    }

    /// <summary>Boots the image that was built of a scenario of images/.</summary>
    public static World OfImage(string name, QemuSpec spec) => new($"{name}-{spec}", spec, BootImage.OfScenario(name));

    /// <summary>Boots a scenario of images/.</summary>
    public static World OfScenario(string name, int cpus = 2, string test = "", params IReadOnlyList<string> options) =>
        new($"{name}-{cpus}{test}", ScenarioReader.Load(Path.Combine(Repository.Root, "images", name + ".yaml")), cpus, options);

    /// <summary>Boots components; the name is the test's.</summary>
    public static World Of(string name, string components, int cpus = 2, params IReadOnlyList<string> options) => new(
        name,
        ScenarioReader.Parse(Manifest(components), name + ".yaml"),
        cpus,
        options);

    /// <summary>Boots components on one CPU whose instructions are counted: a tick of the time counter is one.</summary>
    public static World Counting(string name, string components) =>
        new(name, ScenarioReader.Parse(Manifest(components), name + ".yaml"), s_counting);

    /// <summary>The same on a machine with virtual machines: a guest's counter ticks alike.</summary>
    public static World CountingGuests(string name, string components) => new(
        name, ScenarioReader.Parse(Manifest(components), name + ".yaml"), s_counting with { Cpu = "max,-x2apic,+svm" });

    /// <summary>Boots a scenario of images/ so.</summary>
    public static World CountingScenario(string name) =>
        new($"{name}-counting", ScenarioReader.Load(Path.Combine(Repository.Root, "images", name + ".yaml")), s_counting);

    /// <summary>Boots components so, on a machine with virtual machines.</summary>
    public static World CountingGuests(string name, string components, int memory, params IReadOnlyList<string> options) => new(
        name, ScenarioReader.Parse(Manifest(components), name + ".yaml"),
        s_counting with { Cpu = s_counting.Cpu + ",+svm", Memory = memory, Options = [.. s_counting.Options, .. options] });

    // Counting does not go together with the x2APIC's timer in QEMU.
    private static readonly QemuSpec s_counting = new(BootPath.Kernel, "q35", "max,-x2apic", 1) { Options = ["-icount", "shift=0,sleep=off"] };

    /// <summary>How long lines that are waited for may take.</summary>
    public TimeSpan Patience { get; set; } = s_patience;

    /// <summary>The lines that were printed so far.</summary>
    public IReadOnlyList<string> Lines => _emulator.Serial.Lines;

    /// <summary>Boots components on a machine with virtual machines.</summary>
    public static World OfGuests(string name, string components, int cpus, int memory, params IReadOnlyList<string> options)
    {
        Scenario scenario = ScenarioReader.Parse(Manifest(components), name + ".yaml");
        return new World(name, scenario, new QemuSpec(BootPath.Kernel, "q35", "max,+svm", cpus) { Memory = memory, Options = options });
    }

    /// <summary>Boots components on a machine with VT-x, which Bochs emulates. It is slow: the caller says how long a line may take.</summary>
    public static World OnBochs(string name, string components, BochsSpec spec, TimeSpan patience)
    {
        Scenario scenario = ScenarioReader.Parse(Manifest(components), name + ".yaml");
        CompiledManifest.Write(scenario, Repository.Out);
        string folder = Repository.EmptyFolder("world-" + name);
        BootImage image = new(scenario, Repository.Out, "", Path.Combine(folder, name + ".img"));
        SyslinuxImage.Build(scenario, Repository.Out, "Made by a test.\n", Path.Combine(folder, "disk"), image.Disk);
        return new World(name, spec, image, patience);
    }

    /// <summary>The components of a scenario of images/, for another machine than its own.</summary>
    public static string ComponentsOf(string scenario)
    {
        const string Key = "components:\n";
        string text = File.ReadAllText(Path.Combine(Repository.Root, "images", scenario + ".yaml"));
        int first = text.IndexOf(Key, StringComparison.Ordinal) + Key.Length;
        return text[first..text.IndexOf("machine:\n", StringComparison.Ordinal)];
    }

    public void Dispose() => _emulator.Dispose();

    /// <summary>Waits for lines that contain these texts, in this order, behind those that were waited for before.</summary>
    /// <returns>The last of them.</returns>
    public string Expect(params string[] wanted)
    {
        Verdict verdict = _emulator.Serial.Expect([.. _past, .. wanted], [], Patience);
        IReadOnlyList<string> lines = _emulator.Serial.Lines;
        if (!verdict.IsGood)
            throw BootRun.Failure(_name, verdict.Reason, _emulator);

        foreach (string text in wanted)
        {
            while (!lines[_seen++].Contains(text, StringComparison.Ordinal))
            {
            }
        }

        _past.AddRange(wanted);
        return lines[_seen - 1];
    }

    /// <summary>Types a line and waits for what it must lead to.</summary>
    public string Do(string command, params string[] wanted)
    {
        _emulator.Type(command + "\r");
        return Expect([command, .. wanted]);
    }

    /// <summary>Presses keys.</summary>
    public void Press(string keys) => _emulator.Type(keys);

    /// <summary>Shows a view of the console, not the one that is shown; its number is found out by trying.</summary>
    public void Show(string view)
    {
        const string Log = "log";
        if (_shown != Log)
        {
            Press("\u00140");
            _ = Expect("--- log ---");
            _shown = Log;
        }

        for (int number = 1; view != Log && _shown != view; number++)
        {
            int known = _views.GetValueOrDefault(view, number);
            Press($"\u0014{known}");
            _shown = Expect("--- ").Trim('-', ' ');
            _views[_shown] = known;
            if (_shown == view)
                return;

            // A component that was started again may have another: then from the first on.
            if (_views.Remove(view))
                number = 0;

            Press("\u00140");
            _ = Expect("--- log ---");
        }
    }

    /// <summary>Waits until each of these has come with a view, which is shown as long as nobody has chosen another.</summary>
    public void ExpectViews(params string[] views)
    {
        HashSet<string> seen = [];
        while (!views.All(seen.Contains))
            seen.Add(Expect("--- ").Trim('-', ' '));
    }

    /// <summary>Waits for a life of a component's, and shows the view that it opens.</summary>
    public void ShowLife(string component, int life)
    {
        Show("log");
        Expect($"started {component}, life {life}");
        Thread.Sleep(s_opening);
        _ = _views.Remove(component);
        Show(component);
    }

    /// <summary>That nothing unforeseen was printed so far, but for what the texts name.</summary>
    public void IsSound(params string[] allowed)
    {
        string? bad = _emulator.Serial.Lines.FirstOrDefault(
            line => s_trouble.Any(line.Contains) && !allowed.Any(line.Contains));
        if (bad is not null)
            throw BootRun.Failure(_name, $"printed: {bad}", _emulator);
    }

    private static string Manifest(string components) =>
        $"description: made by a test\nkernel:\n  arguments: serial\ncomponents:\n{components}";

    // Everything that was waited for, so that the log's search goes on behind it.
    private readonly List<string> _past = [];
}
