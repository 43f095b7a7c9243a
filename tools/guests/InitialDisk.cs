using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Kilonova.Guests;

/// <summary>
/// The initial RAM disk: busybox, modules of the kernel, and an init that loads them and ends in a shell on the console. A cpio archive in the
/// format "newc".
/// </summary>
internal static class InitialDisk
{
    private const uint Directory = 0x41ed;
    private const uint Executable = 0x81ed;
    private const uint File = 0x81a4;
    private const uint CharacterDevice = 0x2180;
    private const uint Link = 0xa1ff;

    // The first line that it prints marks the end of the boot in measurements. A console whose driver is a module is there only when that is
    // loaded; until then nobody hears. The machine goes off when the shell ends. On the kernel's command line "net=dhcp" wants an address for
    // the first network card, "run=" a command, with commas for spaces, and "root=" goes on with the system on that disk, or on the
    // first of several, with commas between, that is there: what a disk is called depends on the machine. From the prompt on
    // the kernel prints warnings only: what else it has to say would fall into the line that is being typed.
    private const string Init = """
        #!/bin/sh
        [ -t 1 ] || exec < /dev/null > /dev/null 2>&1
        echo "guest: init"
        /bin/busybox mkdir -p /proc /sys /dev /tmp /sbin /usr/bin /usr/sbin
        /bin/busybox mount -t proc proc /proc
        /bin/busybox mount -t sysfs sys /sys
        /bin/busybox mount -t devtmpfs dev /dev
        /bin/busybox --install -s
        begin() {
            mkdir -p /root
            for try in $(seq 100); do
                for disk in $(echo "$1" | tr ',' ' '); do [ -b "$disk" ] && break 2; done
                sleep 0.1
            done
            mount -t ext4 "$disk" /root && umount /proc /sys && mount --move /dev /root/dev && exec switch_root /root /sbin/init
            echo "guest: no system on $1"
        }
        [ -f /etc/modules ] && for module in $(cat /etc/modules); do
            insmod "/lib/modules/$module.ko" || echo "guest: $module does not load"
            [ -t 1 ] || ! [ -e /dev/hvc0 ] || { exec < /dev/console > /dev/console 2>&1; echo "guest: init"; }
        done
        echo "guest: $(uname -srm), $(nproc) CPUs, up $(cut -d' ' -f1 /proc/uptime) s"
        export PS1='guest# '
        for word in $(cat /proc/cmdline); do
            case $word in
                net=dhcp) ip link set lo up; ip link set eth0 up && udhcpc -i eth0 -n -q -t 10 -T 2 -s /etc/address || echo "guest: no address" ;;
                root=/dev/*) begin "${word#root=}" ;;
                run=*) eval "$(echo "${word#run=}" | tr ',' ' ')" ;;
            esac
        done
        dmesg -n 5
        setsid cttyhack sh
        poweroff -f

        """;

    // What the client of DHCP runs with the address that it got.
    private const string Address = """
        #!/bin/sh
        case $1 in
            deconfig)
                ip address flush dev "$interface"
                ;;
            bound | renew)
                ip address replace "$ip/$mask" dev "$interface"
                [ -n "$router" ] && ip route replace default via "${router%% *}" dev "$interface"
                for server in $dns; do echo "nameserver $server"; done > /etc/resolv.conf
                echo "guest: $interface has $ip"
                ;;
        esac

        """;

    /// <summary>Makes it.</summary>
    /// <param name="busybox">The program that is all commands.</param>
    /// <param name="modules">What is to be loaded, in this order.</param>
    public static byte[] Make(byte[] busybox, IReadOnlyList<(string Name, byte[] Contents)> modules)
    {
        using var archive = new MemoryStream();
        var number = 0u;
        Add(archive, ref number, "bin", Directory, []);
        Add(archive, ref number, "dev", Directory, []);
        Add(archive, ref number, "dev/console", CharacterDevice, [], major: 5, minor: 1);
        Add(archive, ref number, "dev/null", CharacterDevice, [], major: 1, minor: 3);
        Add(archive, ref number, "bin/busybox", Executable, busybox);
        Add(archive, ref number, "bin/sh", Link, "busybox"u8.ToArray());
        Add(archive, ref number, "init", Executable, Encoding.ASCII.GetBytes(Init));
        if (modules.Count > 0)
            AddModules(archive, ref number, modules);

        Add(archive, ref number, "TRAILER!!!", 0, []);
        return archive.ToArray();
    }

    private static void AddModules(MemoryStream archive, ref uint number, IReadOnlyList<(string Name, byte[] Contents)> modules)
    {
        foreach (var folder in new[] { "etc", "lib", "lib/modules" })
            Add(archive, ref number, folder, Directory, []);

        Add(archive, ref number, "etc/address", Executable, Encoding.ASCII.GetBytes(Address));
        Add(archive, ref number, "etc/modules", File, Encoding.ASCII.GetBytes(string.Join('\n', modules.Select(module => module.Name)) + "\n"));
        foreach (var (name, contents) in modules)
            Add(archive, ref number, $"lib/modules/{name}.ko", File, contents);
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
