using System;
using System.Diagnostics;
using System.IO;
using System.Threading;

namespace Kilonova.Boot;

/// <summary>
/// Leave to run an emulator. Two may run at a time on the whole machine, whoever starts them: more would only make each other miss their
/// deadlines. Held as a lock on a file, so that it is free again however its holder ends.
/// </summary>
public sealed class EmulatorSlot : IDisposable
{
    private const int Count = 2;

    private readonly FileStream _lock;

    private EmulatorSlot(FileStream file)
    {
        _lock = file;
    }

    /// <summary>Waits for a free slot.</summary>
    /// <exception cref="TimeoutException">None became free in time.</exception>
    public static EmulatorSlot Take(TimeSpan patience)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < patience; Thread.Sleep(100))
        {
            for (int i = 0; i < Count; i++)
            {
                FileStream? file = TryLock(Path.Combine(Path.GetTempPath(), $"kilonova-emulator-{i}.lock"));
                if (file is not null)
                    return new EmulatorSlot(file);
            }
        }

        throw new TimeoutException($"other emulators kept this machine busy for {patience.TotalSeconds:0} s");
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream? TryLock(string path)
    {
        try
        {
            if (!File.Exists(path))
                Create(path);

            // Not OpenOrCreate: in a shared folder, creating what another user has made is refused.
            return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // For everyone, whatever the creator's mask is.
    private static void Create(string path)
    {
        const UnixFileMode Everyone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        using FileStream file = new(path, FileMode.CreateNew);
        File.SetUnixFileMode(file.SafeFileHandle, Everyone);
    }
}
