using System;
using System.IO;
using System.Text;

namespace Kilonova.Guests;

/// <summary>The initial RAM disk: busybox, and an init that ends in a shell on the console. A cpio archive in the format "newc".</summary>
internal static class InitialDisk
{
    private const uint Directory = 0x41ed;
    private const uint Executable = 0x81ed;
    private const uint CharacterDevice = 0x2180;
    private const uint Link = 0xa1ff;

    // The first line that it prints marks the end of the boot in measurements. The machine goes off when the shell ends.
    private const string Init = """
        #!/bin/sh
        echo "guest: init"
        /bin/busybox mkdir -p /proc /sys /dev /tmp /sbin /usr/bin /usr/sbin
        /bin/busybox mount -t proc proc /proc
        /bin/busybox mount -t sysfs sys /sys
        /bin/busybox mount -t devtmpfs dev /dev
        /bin/busybox --install -s
        echo "guest: $(uname -srm), $(nproc) CPUs, up $(cut -d' ' -f1 /proc/uptime) s"
        export PS1='guest# '
        for word in $(cat /proc/cmdline); do
            case $word in run=*) eval "$(echo "${word#run=}" | tr ',' ' ')" ;; esac
        done
        setsid cttyhack sh
        poweroff -f

        """;

    /// <summary>Makes it.</summary>
    public static byte[] Make(byte[] busybox)
    {
        using var archive = new MemoryStream();
        var number = 0u;
        Add(archive, ref number, "bin", Directory, []);
        Add(archive, ref number, "dev", Directory, []);
        Add(archive, ref number, "dev/console", CharacterDevice, [], major: 5, minor: 1);
        Add(archive, ref number, "bin/busybox", Executable, busybox);
        Add(archive, ref number, "bin/sh", Link, "busybox"u8.ToArray());
        Add(archive, ref number, "init", Executable, Encoding.ASCII.GetBytes(Init));
        Add(archive, ref number, "TRAILER!!!", 0, []);
        return archive.ToArray();
    }

    private static void Add(MemoryStream archive, ref uint number, string name, uint mode, byte[] contents, uint major = 0, uint minor = 0)
    {
        uint[] fields = [++number, mode, 0, 0, 1, 0, (uint)contents.Length, 0, 0, major, minor, (uint)name.Length + 1, 0];
        archive.Write(Encoding.ASCII.GetBytes("070701"));
        foreach (var field in fields)
            archive.Write(Encoding.ASCII.GetBytes(field.ToString("x8", null)));

        archive.Write(Encoding.ASCII.GetBytes(name + "\0"));
        Align(archive);
        archive.Write(contents);
        Align(archive);
    }

    private static void Align(MemoryStream archive)
    {
        while (archive.Length % 4 != 0)
            archive.WriteByte(0);
    }
}
