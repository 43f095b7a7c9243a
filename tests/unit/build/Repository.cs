using System;
using System.IO;

namespace Kilonova.Build.Tests;

internal static class Repository
{
    /// <summary>The checkout that the tests were built in: found upwards from the test assembly, since recorded source paths are mapped.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "build.sh"))
            ? folder
            : Find(Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests do not run below a checkout"));
}
