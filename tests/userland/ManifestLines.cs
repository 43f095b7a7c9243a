namespace Kilonova.Userland.Tests;

/// <summary>Components that several tests boot, as a manifest lists them.</summary>
internal static class ManifestLines
{
    internal const string ConsoleOnSerial = """
          - name: console
            image: components/console.elf
            memory: 512K
            heap: 128K
            priority: driver
            restart: always
            ports: [0x3f8-0x3ff]
            interrupts: [4]
            offers: [console, views]
            uses: [log]

        """;

    internal const string Shell = """
          - name: shell
            image: components/shell.elf
            priority: service
            restart: always
            uses: [console, control]

        """;

    internal const string Nic = """
          - name: nic
            image: components/nic.elf
            memory: 2M
            heap: 512K
            kernel-memory: 1M
            priority: driver
            restart: always
            schedules: yes
            addresses: yes
            offers: [net]
            uses: [platform]

        """;

    /// <summary>The platform driver.</summary>
    /// <param name="devices">Whom it gives which devices.</param>
    internal static string Platform(string devices) => $"""
          - name: platform
            image: components/platform.elf
            arguments: {devices}
            memory: 512K
            heap: 256K
            kernel-memory: 1M
            priority: driver
            restart: always
            ports: [0xcf8-0xcff]
            offers: [platform]
            uses: [machine]

        """;

    /// <summary>The driver of disks.</summary>
    /// <param name="policy">Whom it lets at which.</param>
    internal static string Ahci(string policy) => $"""
          - name: ahci
            image: components/ahci.elf
            arguments: {policy}
            memory: 8M
            heap: 3M
            kernel-memory: 1M
            priority: driver
            restart: always
            schedules: yes
            addresses: yes
            offers: [disk]
            uses: [platform]

        """;

    /// <summary>A guest.</summary>
    /// <param name="name">Of the component.</param>
    /// <param name="kernel">A file of guests/.</param>
    /// <param name="disk">Its initial RAM disk, too; empty for none.</param>
    /// <param name="command">Its command line.</param>
    /// <param name="memory">MiB.</param>
    /// <param name="cpus">Virtual ones.</param>
    /// <param name="devices">Words for disks and network cards.</param>
    /// <param name="uses">What the monitor uses beside the console.</param>
    /// <param name="monitor">The monitor.</param>
    internal static string Guest(
        string name, string kernel, string disk, string command, int memory, int cpus = 1, string devices = "", string uses = "",
        string monitor = "linux") => $"""
          - name: {name}
            image: components/vmm-{monitor}.elf
            {(devices.Length > 0 ? "arguments: " + devices : "start: boot")}
            memory: 5M
            heap: 3M
            kernel-memory: {(memory > 1024 ? "5M" : "2M")}
            cpus: all
            restart: on-failure
            schedules: yes
            uses: [console{(uses.Length > 0 ? ", " + uses : "")}]
            guest:
              kernel: guests/{kernel}
              command-line: {command}
              memory: {memory}M
              vcpus: {cpus}
              {(disk.Length > 0 ? "initrd: guests/" + disk : "")}

        """;
}
