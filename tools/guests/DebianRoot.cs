using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace Kilonova.Guests;

/// <summary>
/// A disk with a Debian system on it: made by debootstrap, an ext4 file system without a partition table, of which a guest is root by serial
/// console or ssh. Kept in the cache with a checksum; its name there tells what went into it.
/// </summary>
internal sealed class DebianRoot(string cache)
{
    private const string Suite = "bookworm";
    private const string Size = "1G";
    private const string Packages = "systemd-sysv,udev,dbus,openssh-server,iproute2,iputils-ping,iperf3,less,nano";

    // What makes it a guest: its network by DHCP, a password that stands in the documentation, no waiting for what it does not have.
    private static readonly (string Path, string Contents)[] s_files =
    [
        ("etc/hostname", "guest\n"),
        ("etc/fstab", "/dev/sda / ext4 errors=remount-ro 0 1\n"),
        ("etc/systemd/network/wired.network", "[Match]\nName=e*\n\n[Network]\nDHCP=yes\n"),
        ("etc/ssh/sshd_config.d/guest.conf", "PermitRootLogin yes\n"),
        ("etc/resolv.conf", "nameserver 10.0.2.3\n"),
    ];

    // Run in the system itself.
    private static readonly string[] s_commands =
    [
        "echo root:kilonova | chpasswd",
        "systemctl enable systemd-networkd serial-getty@ttyS0 ssh",
        "systemctl mask systemd-networkd-wait-online apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer getty@tty1",
        "apt-get clean",
        "rm -rf /var/lib/apt/lists/* /usr/share/doc/* /usr/share/man/* /usr/share/locale/*",
    ];

    private static string Recipe => string.Join('\n', [Suite, Size, Packages, .. s_files.Select(file => file.ToString()), .. s_commands]);

    /// <summary>Its file in the cache, made when it is not there.</summary>
    /// <exception cref="InvalidOperationException">It cannot be made: the message says why.</exception>
    public string Get()
    {
        var name = $"debian-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Recipe)))[..12]}.ext4";
        var path = Path.Combine(Directory.CreateDirectory(cache).FullName, name);
        var record = path + ".sha256";
        if (File.Exists(path) && File.Exists(record))
        {
            using var stream = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream)) == File.ReadAllText(record).Trim()
                ? path
                : throw new InvalidOperationException($"{path} is damaged: remove it, and it will be made again");
        }

        Make(path);
        using (var stream = File.OpenRead(path))
            File.WriteAllText(record, Convert.ToHexStringLower(SHA256.HashData(stream)) + "\n");

        return path;
    }

    private static void Make(string path)
    {
        var root = Directory.CreateTempSubdirectory("kilonova-debian-").FullName;
        try
        {
            var mirror = HostTools.Run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", $"Codename: {Suite}").Split('\n')[0];
            if (mirror.Length == 0)
                throw new InvalidOperationException($"this machine's apt knows no source of Debian {Suite}, of which a guest's disk is made");

            Console.WriteLine("  debootstrap, a minute or two");
            _ = AsRoot("debootstrap", "--variant=minbase", $"--include={Packages}", Suite, root, mirror);
            foreach (var (file, contents) in s_files)
                _ = AsRoot("sh", "-c", "rm -f \"$0\"; printf '%s' \"$1\" > \"$0\"", Path.Combine(root, file), contents);

            foreach (var command in s_commands)
                _ = AsRoot("chroot", root, "sh", "-c", command);

            // Only root may read all of it.
            _ = AsRoot("mke2fs", "-q", "-t", "ext4", "-L", "guest", "-d", root, path + ".new", Size);
            _ = AsRoot("chmod", "a+rw", path + ".new");
            File.Move(path + ".new", path, overwrite: true);
        }
        finally
        {
            _ = AsRoot("rm", "-rf", "--one-file-system", root);
        }
    }

    private static string AsRoot(string program, params IReadOnlyList<string> arguments) =>
        Environment.IsPrivilegedProcess ? HostTools.Run(program, arguments) : HostTools.Run("sudo", [program, .. arguments]);
}
