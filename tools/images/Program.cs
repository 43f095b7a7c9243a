using System;
using System.IO;
using System.Linq;

namespace Kilonova.Images;

// images build <manifest> <out>    makes <out>/images/<name>.iso, .img and .notices.txt of what the build left under <out>
// images qemu <manifest> <out>     prints QEMU's arguments for the scenario, one a line
// images modules <manifest> <out>  prints the scenario's modules, one a line
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments is not [var command and ("build" or "qemu" or "modules"), var manifest, var artifacts])
        {
            Console.Error.WriteLine("usage: images build|qemu|modules <manifest> <out>");
            return 2;
        }
        try
        {
            var scenario = ScenarioReader.Load(manifest);
            CompiledManifest.Write(scenario, artifacts);
            var missing = scenario.Files.FirstOrDefault(file => !File.Exists(Path.Combine(artifacts, file.File)));
            if (missing is not null)
            {
                throw new ManifestException($"{manifest}: {missing.File} is not there; is it the output of a project?");
            }
            switch (command)
            {
                case "build": ImageBuilder.Build(scenario, artifacts); break;
                case "qemu": Console.WriteLine(string.Join('\n', QemuCommand.Arguments(scenario, artifacts))); break;
                default: Console.WriteLine(string.Join('\n', scenario.Modules.Select(module => module.File))); break;
            }
            return 0;
        }
        catch (Exception exception) when (exception is ManifestException or InvalidOperationException or IOException)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }
    }
}
