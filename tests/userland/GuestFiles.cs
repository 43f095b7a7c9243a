using System;
using System.Diagnostics;
using System.IO;
using System.Threading;
using Kilonova.Boot;

namespace Kilonova.Userland.Tests;

/// <summary>Kernels and RAM disks that no scenario of images/ names: made when a test wants them, of packages that the tool keeps.</summary>
internal static class GuestFiles
{
    private static readonly Lock s_one = new();

    /// <summary>The file's name, below out/guests.</summary>
    public static string Get(string name)
    {
        lock (s_one)
        {
            if (!File.Exists(Path.Combine(Repository.Out, "guests", name)))
                Make(name);
        }

        return name;
    }

    private static void Make(string name)
    {
        string tool = Path.Combine(Repository.Out, "bin", "Kilonova.Guests", "debug", "Kilonova.Guests.dll");
        ProcessStartInfo start = new("dotnet", [tool, "make", Repository.Out, name]) { RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"guests/{name}: {errors}");
    }
}
