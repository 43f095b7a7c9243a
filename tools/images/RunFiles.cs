using System;
using System.IO;
using System.Security.Cryptography;
using System.Text;

namespace Kilonova.Images;

/// <summary>Where a running system can be reached from its host.</summary>
public static class RunFiles
{
    // sun_path of <sys/un.h>, less its terminator.
    private const int LongestSocketPath = 107;

    /// <summary>The second serial line: management.</summary>
    public static string ManagementSocket(string artifacts) => Socket(artifacts, "management.socket");

    /// <summary>The first serial line, where it is not a terminal: the console.</summary>
    public static string ConsoleSocket(string artifacts) => Socket(artifacts, "console.socket");

    // A socket's address has little room: where the checkout lies too deep, it lies in the folder for temporary files.
    private static string Socket(string artifacts, string name)
    {
        var folder = Path.Combine(Path.GetFullPath(artifacts), "run");
        if (Encoding.UTF8.GetByteCount(Path.Combine(folder, name)) > LongestSocketPath)
        {
            const int ShortName = 16;
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)));
            folder = Path.Combine(Path.GetTempPath(), "kilonova-" + hash[..ShortName]);
        }

        return Path.Combine(Directory.CreateDirectory(folder).FullName, name);
    }
}
