using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Kilonova.Soak;
using Xunit;

namespace Kilonova.Build.Tests;

/// <summary>
/// The promise of the README: on a bare Debian 12 with git and the .NET SDK, one command of a user who may use sudo installs, builds and
/// tests everything, and again without building anything anew. The root is made by debootstrap from the machine's own Debian source; wants
/// root rights and a Debian 12 machine.
/// </summary>
[Trait("Category", "Soak")]
public class FreshMachineSoak
{
    private const string Clone = "home/developer/kilonova";
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(90);

    [Fact]
    public void A_bare_debian_12_with_git_and_the_sdk_runs_the_tests()
    {
        var run = new SoakRun(Repository.Root, "fresh-machine", "Bare Debian 12 with git and the .NET SDK: `./build.sh test` in a clean clone, twice");
        var root = Directory.CreateTempSubdirectory("kilonova-root-").FullName;
        try
        {
            run.Case("two runs", () =>
            {
                MakeRoot(root);
                RunTests(root);
                Assert.Contains(RunTests(root), line => line.StartsWith("0 images built", StringComparison.Ordinal));
                CompareImages(Path.Combine(root, Clone, "out"));
            });
        }
        finally
        {
            if (run.Failures.Count > 0)
                KeepLogs(Path.Combine(root, Clone, "out"));

            Directory.Delete(root, recursive: true);
        }
        run.Finish();
        Assert.Empty(run.Failures);
    }

    private static void MakeRoot(string root)
    {
        var mirror = Run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Codename: bookworm").Split('\n')[0];
        // Its user must be able to pass through it.
        File.SetUnixFileMode(root, (UnixFileMode)0b111_101_101);
        Run("debootstrap", "--variant=minbase", "--include=git,ca-certificates,sudo", "bookworm", root, mirror);

        var sdk = Path.GetDirectoryName(File.ResolveLinkTarget("/usr/bin/dotnet", returnFinalTarget: true)?.FullName ?? "/usr/bin/dotnet")!;
        Run("cp", "-a", sdk, Path.Combine(root, "opt", "dotnet"));
        File.CreateSymbolicLink(Path.Combine(root, "usr", "bin", "dotnet"), "/opt/dotnet/dotnet");

        // The network is this machine's: name service and certificates.
        foreach (var file in new[] { "/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt" }.Where(File.Exists))
        {
            File.Copy(file, root + file, overwrite: true);
        }
        Run("chroot", root, "useradd", "--create-home", "developer");
        File.WriteAllText(Path.Combine(root, "etc", "sudoers.d", "developer"), "developer ALL=(ALL) NOPASSWD: ALL\n");
        Run("git", "clone", "--quiet", Repository.Root, Path.Combine(root, Clone));
        Run("chroot", root, "chown", "--recursive", "developer:", "/home/developer/kilonova");
    }

    // A mount namespace of its own, so that nothing stays mounted whatever happens.
    private static string[] RunTests(string root)
    {
        const string Enter = "mount -t proc proc \"$0/proc\" && mount -t tmpfs tmpfs \"$0/dev/shm\" "
            + "&& mount -t devpts devpts \"$0/dev/pts\" && exec chroot --userspec=developer: \"$0\" "
            + "/usr/bin/env -i HOME=/home/developer USER=developer PATH=/usr/bin:/bin NUGET_CERT_REVOCATION_MODE=offline "
            + "bash /home/developer/kilonova/.ci/run";
        var lines = Run("unshare", "--mount", "bash", "-c", Enter, root).TrimEnd().Split('\n');
        Assert.Matches(@"^[1-9]\d* passed, 0 failed", lines[^1]);
        return lines;
    }

    // What the tests in there left of their failures.
    private static void KeepLogs(string theirs)
    {
        var kept = Directory.CreateDirectory(Path.Combine(Repository.Root, "out", "logs", "fresh-machine")).FullName;
        foreach (var folder in new[] { Path.Combine(theirs, "logs"), Path.Combine(theirs, "tests", "results") }.Where(Directory.Exists))
        {
            foreach (var file in Directory.GetFiles(folder))
                File.Copy(file, Path.Combine(kept, Path.GetFileName(file)), overwrite: true);
        }
    }

    // Built elsewhere by somebody else, to the last byte what was built here.
    private static void CompareImages(string theirs)
    {
        var ours = Path.Combine(Repository.Root, "out");
        var images = Directory.GetFiles(theirs, "*.elf").Concat(Directory.GetFiles(Path.Combine(theirs, "components"), "*.elf")).ToList();
        Assert.NotEmpty(images);
        Assert.All(images, image => Assert.Equal(File.ReadAllBytes(Path.Combine(ours, Path.GetRelativePath(theirs, image))), File.ReadAllBytes(image)));
    }

    private static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(s_limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {s_limit}");
        }
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(Repository.Root, "out", "logs")).FullName, "fresh-machine.log"),
            text.Result + errors.Result);
        return process.ExitCode == 0
            ? text.Result
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {LastLines(text.Result + errors.Result)}");
    }

    private static string LastLines(string text) => string.Join('\n', text.TrimEnd().Split('\n').TakeLast(15));
}
