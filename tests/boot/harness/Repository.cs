using System;
using System.IO;

namespace Kilonova.Boot;

/// <summary>Where the checkout and what was built of it lie.</summary>
public static class Repository
{
    /// <summary>The checkout: KILONOVA_ROOT, or the folder above this assembly that holds the solution.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("KILONOVA_ROOT") ?? FindRoot();

    /// <summary>The build's output.</summary>
    public static string Out { get; } = Path.Combine(Root, "out");

    /// <summary>Where logs of failed boots are left.</summary>
    public static string Logs { get; } = Path.Combine(Out, "logs");

    /// <summary>An empty folder below out/ for the files of one test: what an earlier run left there is gone.</summary>
    public static string EmptyFolder(string name)
    {
        DirectoryInfo folder = new(Path.Combine(Out, "obj", "boot", name));
        if (folder.Exists)
            folder.Delete(recursive: true);

        folder.Create();
        return folder.FullName;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Kilonova.slnx")))
                return folder.FullName;
        }

        throw new InvalidOperationException("not inside a checkout: set KILONOVA_ROOT");
    }
}
