using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO;
using System.Linq;
using System.Security.Cryptography;

namespace Kilonova.Guests;

/// <summary>
/// Packages of the distribution, downloaded with its own apt into a cache, never installed. apt checks them against the distribution's
/// signature; their checksums stay beside them and are checked at every use. apt's state lies in the cache too, so that nothing of the
/// machine changes, and packages of another architecture can be had.
/// </summary>
internal sealed class DebianPackages(string cache)
{
    private bool _updated;

    /// <summary>Where packages are kept: outside of the sources, for all clones of one user.</summary>
    public static string DefaultCache =>
        Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home
                ? home
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
            "kilonova");

    /// <summary>The file of a package; of a package that only names another one, that other.</summary>
    public string Get(string package, string architecture)
    {
        var record = Path.Combine(Directory.CreateDirectory(cache).FullName, $"{package}-{architecture}.sha256");
        if (File.Exists(record) && File.ReadAllText(record).Trim().Split("  ") is [var checksum, var name]
            && File.Exists(Path.Combine(cache, name)))
        {
            return Checked(Path.Combine(cache, name), checksum);
        }

        Update();
        var fields = Show(package, architecture);
        if (fields["Section"].Contains("kernel", StringComparison.Ordinal) && fields["Depends"].Split(' ')[0] is var real && real.StartsWith("linux-image-", StringComparison.Ordinal))
            fields = Show(real, architecture);

        var file = Path.GetFileName(fields["Filename"]);
        Apt("apt-get", "download", $"{fields["Package"]}:{architecture}={fields["Version"]}");
        // apt writes a colon of the version as %3a.
        var downloaded = Directory.GetFiles(cache, $"{fields["Package"]}_*_{fields["Architecture"]}.deb").OrderByDescending(File.GetLastWriteTimeUtc).First();
        File.Move(downloaded, Path.Combine(cache, file), overwrite: true);
        var path = Checked(Path.Combine(cache, file), fields["SHA256"]);
        File.WriteAllText(record, $"{fields["SHA256"]}  {file}\n");
        return path;
    }

    /// <summary>Reads one file out of a package.</summary>
    public static byte[] ReadFile(string package, Func<string, bool> isWanted) =>
        ReadFiles(package, isWanted) is [var file, ..]
            ? file.Contents
            : throw new InvalidOperationException($"{package} does not have the file that is wanted of it");

    /// <summary>Reads files out of a package, in its order.</summary>
    public static IReadOnlyList<(string Name, byte[] Contents)> ReadFiles(string package, Func<string, bool> isWanted)
    {
        using var unpack = Process.Start(new ProcessStartInfo("dpkg-deb", ["--fsys-tarfile", package]) { RedirectStandardOutput = true })!;
        using var reader = new TarReader(unpack.StandardOutput.BaseStream);
        var files = new List<(string, byte[])>();
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType != TarEntryType.RegularFile || !isWanted(entry.Name.TrimStart('.', '/')))
                continue;

            using var memory = new MemoryStream();
            entry.DataStream!.CopyTo(memory);
            files.Add((entry.Name.TrimStart('.', '/'), memory.ToArray()));
        }

        unpack.WaitForExit();
        return files;
    }

    private static string Checked(string path, string checksum)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream)) == checksum
            ? path
            : throw new InvalidOperationException($"{path} is damaged: remove it, and it will be downloaded again");
    }

    private void Update()
    {
        if (_updated)
            return;

        foreach (var part in new[] { "lists/partial", "archives/partial" })
            Directory.CreateDirectory(Path.Combine(cache, "apt", part));

        // A source of somebody else's may fail; what matters is whether the packages are there afterwards.
        _ = Run("apt-get", ["update", "-q", "-q"], out _);
        _updated = true;
    }

    private Dictionary<string, string> Show(string package, string architecture)
    {
        var text = Apt("apt-cache", "show", "--no-all-versions", $"{package}:{architecture}");
        return text.Split('\n').TakeWhile(line => line.Length > 0).Where(line => line[0] != ' ' && line.Contains(": ", StringComparison.Ordinal))
            .Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim(), StringComparer.Ordinal);
    }

    private string Apt(string program, params string[] arguments) =>
        Run(program, arguments, out var text) == 0
            ? text
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} failed; guests boot kernels of Debian, which this machine's apt must know:\n{text}");

    private int Run(string program, IEnumerable<string> arguments, out string text)
    {
        string[] own =
        [
            "-o", $"Dir::State::Lists={cache}/apt/lists", "-o", $"Dir::Cache={cache}/apt", "-o", "Dir::State::status=/dev/null",
            "-o", "APT::Architectures::=amd64", "-o", "APT::Architectures::=i386", "-o", $"APT::Sandbox::User={Environment.UserName}",
            "-o", "Acquire::Languages=none",
        ];
        var start = new ProcessStartInfo(program, own.Concat(arguments))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = cache,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} cannot be started");
        var errors = process.StandardError.ReadToEndAsync();
        text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        text = process.ExitCode == 0 ? text : text + errors.Result;
        return process.ExitCode;
    }
}
