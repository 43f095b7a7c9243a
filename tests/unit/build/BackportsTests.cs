using System;
using System.Diagnostics;
using System.IO;
using Xunit;

namespace Kilonova.Build.Tests;

/// <summary>build.sh derives a backports source from whatever source the machine has.</summary>
public sealed class BackportsTests : IDisposable
{
    private readonly string _sources = Directory.CreateTempSubdirectory("kilonova-apt-").FullName;

    public BackportsTests()
    {
        Directory.CreateDirectory(Path.Combine(_sources, "sources.list.d"));
    }

    public void Dispose() => Directory.Delete(_sources, recursive: true);

    [Fact]
    public void A_one_line_source_keeps_its_address_and_key()
    {
        Write("sources.list", """
            # deb http://commented.example/debian bookworm main
            deb-src http://sources.example/debian bookworm main
            deb http://security.example/debian bookworm-security main
            deb [arch=amd64 signed-by=/keys/a.gpg] http://mirror.example/debian bookworm contrib main
            """);

        Assert.Equal("Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\nSigned-By: /keys/a.gpg\n", Derive());
    }

    [Fact]
    public void A_paragraph_keeps_its_address_and_a_key_that_it_contains()
    {
        Write("sources.list.d/other.sources", "Types: deb\nURIs: http://other.example\nSuites: stable\nComponents: main\n");
        Write("sources.list.d/debian.sources", """
            # The distribution
            Types: deb deb-src
            URIs: http://mirror.example/debian
            Suites: bookworm bookworm-updates
            Components: main
            Signed-By:
             -----BEGIN PGP PUBLIC KEY BLOCK-----
             .
             abc
             -----END PGP PUBLIC KEY BLOCK-----

            Types: deb
            URIs: http://second.example/debian
            Suites: bookworm
            Components: main
            """);

        Assert.Equal(
            "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\n"
            + "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----\n",
            Derive());
    }

    [Fact]
    public void A_source_of_another_release_is_not_used()
    {
        Write("sources.list", "deb http://mirror.example/debian trixie main\n");

        Assert.Equal("", Derive());
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_sources, name), text);

    private string Derive()
    {
        var script = Path.Combine(Repository.Root, "build.sh");
        var start = new ProcessStartInfo("bash", [script, "derive-backports", "bookworm"]) { RedirectStandardOutput = true };
        start.Environment["KILONOVA_APT_SOURCES"] = _sources;
        using var process = Process.Start(start)!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return text;
    }
}
