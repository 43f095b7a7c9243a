using System;
using System.CommandLine;
using System.IO;
using Kilonova.Images;

namespace Kilonova.Tool;

/// <summary>What several commands take.</summary>
internal static class Options
{
    private const string RootVariable = "KILONOVA_ROOT";
    private const string SystemVariable = "KILONOVA_SYSTEM";

    /// <summary>The checkout.</summary>
    internal static readonly Option<DirectoryInfo?> Root = new("--root")
    {
        Description = $"The checkout whose scenarios and artifacts are used. If left out: ${RootVariable}, or the one around the current folder.",
        Recursive = true,
    };

    /// <summary>The line to the running system.</summary>
    internal static readonly Option<string?> Connect = new("--connect")
    {
        Description = "The second serial line of the running system: unix:PATH, tcp:HOST:PORT or tty:DEVICE. "
            + $"If left out: ${SystemVariable}, or the system that 'run' of this checkout started last.",
        Recursive = true,
    };

    /// <summary>The checkout's folder.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    internal static string RootOf(ParseResult parsed)
    {
        var root = parsed.GetValue(Root)?.FullName ?? Environment.GetEnvironmentVariable(RootVariable);
        for (var folder = root is null ? new DirectoryInfo(Environment.CurrentDirectory) : null; folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Kilonova.slnx")))
                return folder.FullName;
        }

        return root is not null && Directory.Exists(root)
            ? root
            : throw new CommandException("not inside a checkout of Kilonova; name one with --root", ExitCode.Usage);
    }

    /// <summary>The checkout's artifacts.</summary>
    internal static string ArtifactsOf(ParseResult parsed) => Path.Combine(RootOf(parsed), "out");

    /// <summary>Opens the line to the running system.</summary>
    internal static ManagementClient OpenSystem(ParseResult parsed)
    {
        var endpoint = parsed.GetValue(Connect) ?? Environment.GetEnvironmentVariable(SystemVariable);
        return new ManagementClient(Endpoint.Open(endpoint ?? "unix:" + RunFiles.ManagementSocket(ArtifactsOf(parsed))));
    }

    /// <summary>A scenario of the checkout by its name, or any by the path of its manifest.</summary>
    /// <exception cref="CommandException">There is none, or it is not well-formed.</exception>
    internal static Scenario LoadScenario(ParseResult parsed, string name)
    {
        var path = name.EndsWith(".yaml", StringComparison.Ordinal) ? name : Path.Combine(RootOf(parsed), "images", name + ".yaml");
        if (!File.Exists(path))
            throw new CommandException($"no scenario '{name}': {path} is not there");

        try
        {
            var scenario = ScenarioReader.Load(path);
            CompiledManifest.Write(scenario, ArtifactsOf(parsed));
            foreach (var file in scenario.Files)
            {
                if (!File.Exists(Path.Combine(ArtifactsOf(parsed), file.File)))
                    throw new CommandException($"{file.File} is not there: ./build.sh build makes it");
            }

            return scenario;
        }
        catch (ManifestException failure)
        {
            throw new CommandException(failure.Message);
        }
    }
}
