using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

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
                case "build": Build(scenario, artifacts); break;
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

    private static void Build(Scenario scenario, string artifacts)
    {
        var output = Path.Combine(artifacts, "images", scenario.Name);
        var staging = Path.Combine(artifacts, "obj", "staging", scenario.Name);
        var stamp = staging + ".stamp";
        var notices = Notices.Write(scenario, artifacts);
        var inputs = InputHash(scenario, artifacts, notices);
        if (File.Exists(output + ".iso") && File.Exists(output + ".img") && File.Exists(stamp) && File.ReadAllText(stamp) == inputs)
        {
            return;
        }

        File.WriteAllText(Directory.CreateDirectory(staging).FullName + ".stamp", "");
        Directory.Delete(staging, recursive: true);
        Directory.CreateDirectory(Path.Combine(artifacts, "images"));
        File.WriteAllText(output + ".notices.txt", notices);
        GrubImage.Build(scenario, artifacts, notices, Path.Combine(staging, "iso"), output + ".iso");
        SyslinuxImage.Build(scenario, artifacts, notices, Path.Combine(staging, "disk"), output + ".img");
        File.WriteAllText(stamp, inputs);
        Console.WriteLine($"Made images/{scenario.Name}.iso and images/{scenario.Name}.img");
    }

    // Everything that stands in an image, and the program that makes it.
    private static string InputHash(Scenario scenario, string artifacts, string notices)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(GrubImage.Configuration(scenario) + SyslinuxImage.Configuration(scenario) + notices));
        hash.AppendData(File.ReadAllBytes(typeof(Program).Assembly.Location));
        foreach (var file in scenario.Files)
        {
            hash.AppendData(File.ReadAllBytes(Path.Combine(artifacts, file.File)));
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
