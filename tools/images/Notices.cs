using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace Kilonova.Images;

/// <summary>The notices file of an image: each program in it that is not ours, with its version and the source package to get it from.</summary>
public static partial class Notices
{
    private static readonly (string Package, string What)[] s_bootLoaders =
    [
        ("grub-pc-bin", "GRUB, boot loader for BIOS (in the .iso)"),
        ("grub-efi-amd64-bin", "GRUB, boot loader for UEFI (in the .iso)"),
        ("syslinux-common", "SYSLINUX, boot loader modules and master boot record (in the .img)"),
        ("syslinux", "SYSLINUX, boot loader (in the .img)"),
    ];

    /// <summary>Writes the notices of a scenario whose files lie below <paramref name="artifacts"/>.</summary>
    public static string Write(Scenario scenario, string artifacts)
    {
        var text = new StringBuilder();
        text.Append($"Kilonova, scenario {scenario.Name}\n\n");
        text.Append("Kernel and components of Kilonova, MIT licence:\n");
        foreach (var file in scenario.Files)
        {
            text.Append($"  {file.Name}\n");
        }
        text.Append("\nLibraries compiled into them:\n");
        foreach (var (package, version, users) in Libraries(scenario, artifacts))
        {
            text.Append($"  {package} {version} (NuGet package of this name and version), in {string.Join(", ", users)}\n");
        }
        text.Append("\nBoot loaders:\n");
        foreach (var (package, what) in s_bootLoaders)
        {
            text.Append($"  {what}: {DebianVersion(package)}\n");
        }
        text.Append("\nSource packages are those of the distribution that the image was built on; each brings its licence.\n");
        return text.ToString();
    }

    // What each image was compiled from stands in the description that its project left.
    private static IEnumerable<(string Package, string Version, List<string> Users)> Libraries(Scenario scenario, string artifacts)
    {
        var found = new SortedDictionary<string, (string Version, List<string> Users)>(StringComparer.Ordinal);
        foreach (var file in scenario.Files)
        {
            var description = Path.Combine(artifacts, "obj", "images", Path.GetFileNameWithoutExtension(file.Name) + ".image");
            if (!File.Exists(description))
            {
                continue;
            }
            foreach (Match match in PackageReference().Matches(File.ReadAllText(description)))
            {
                var key = match.Groups["package"].Value;
                if (!found.TryGetValue(key, out var entry))
                {
                    found[key] = entry = (match.Groups["version"].Value, []);
                }
                entry.Users.Add(file.Name);
            }
        }
        return found.Select(entry => (entry.Key, entry.Value.Version, entry.Value.Users));
    }

    private static string DebianVersion(string package)
    {
        const string Format = "${Package} ${Version}, source package ${source:Package} ${source:Version}";
        var (status, text) = Shell.TryRun("dpkg-query", ["-W", "-f", Format, package]);
        return status == 0 ? text : $"{package}, version as installed (this machine keeps no Debian package list)";
    }

    [GeneratedRegex(@"^reference=.*/(?<package>[^/]+)/(?<version>[0-9][^/]*)/lib/[^/]+/[^/]+\.dll$", RegexOptions.Multiline)]
    private static partial Regex PackageReference();
}
