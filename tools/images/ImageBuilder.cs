using System;
using System.IO;
using System.Security.Cryptography;
using System.Text;

namespace Kilonova.Images;

/// <summary>Makes a scenario's images of what the build left, unless they are there and what stands in them is unchanged.</summary>
public static class ImageBuilder
{
    /// <summary>Makes images/&lt;name&gt;.iso, .img and .notices.txt below <paramref name="artifacts"/>.</summary>
    /// <returns>Their path without the suffix.</returns>
    public static string Build(Scenario scenario, string artifacts)
    {
        var output = Path.Combine(artifacts, "images", scenario.Name);
        var staging = Path.Combine(artifacts, "obj", "staging", scenario.Name);
        var stamp = staging + ".stamp";
        var notices = Notices.Write(scenario, artifacts);
        var inputs = InputHash(scenario, artifacts, notices);
        if (File.Exists(output + ".iso") && File.Exists(output + ".img") && File.Exists(stamp) && File.ReadAllText(stamp) == inputs)
            return output;

        File.WriteAllText(Directory.CreateDirectory(staging).FullName + ".stamp", "");
        Directory.Delete(staging, recursive: true);
        Directory.CreateDirectory(Path.Combine(artifacts, "images"));
        File.WriteAllText(output + ".notices.txt", notices);
        GrubImage.Build(scenario, artifacts, notices, Path.Combine(staging, "iso"), output + ".iso");
        SyslinuxImage.Build(scenario, artifacts, notices, Path.Combine(staging, "disk"), output + ".img");
        File.WriteAllText(stamp, inputs);
        Console.WriteLine($"Made images/{scenario.Name}.iso and images/{scenario.Name}.img");
        return output;
    }

    // Everything that stands in an image, and the program that makes it.
    private static string InputHash(Scenario scenario, string artifacts, string notices)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(GrubImage.Configuration(scenario) + SyslinuxImage.Configuration(scenario) + notices));
        hash.AppendData(File.ReadAllBytes(typeof(ImageBuilder).Assembly.Location));
        foreach (var file in scenario.Files)
            hash.AppendData(File.ReadAllBytes(Path.Combine(artifacts, file.File)));

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
