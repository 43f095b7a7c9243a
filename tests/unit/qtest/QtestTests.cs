using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Kilonova.Qtest.Tests;

/// <summary>The protocol, and an AHCI disk behind it, as a device test sees them.</summary>
public sealed class QtestTests
{
    // The first address that QEMU's device tests give out.
    private const uint Abar = 0xe000_0000;
    private const uint Port = Abar + 0x100;

    [Fact]
    public void Memory_ports_and_clock_answer_by_lines()
    {
        using var machine = new QtestMachine("-M", "pc", "-m", "64");
        Assert.Equal("OK little", machine.Ask("endianness"));
        machine.Do("writel 0x1000 0x12345678");
        Assert.Equal("OK 0x0000000012345678", machine.Ask("readl 0x1000"));
        Assert.Equal(0x5678u, machine.Number("readw 0x1000"));
        machine.Do("memset 0x2000 8192 0xa5");
        Assert.Equal("OK 0xa5a500", machine.Ask("read 0x3ffe 3"));
        machine.Do("write 0x3000 0x3 0x010203");
        Assert.Equal("OK AQID", machine.Ask("b64read 0x3000 0x3"));
        machine.Do("b64write 0x3000 0x3 AwIB");
        Assert.Equal("OK 0x030201", machine.Ask("read 0x3000 0x3"));
        Assert.Equal("OK 1000000", machine.Ask("clock_step 1000000"));
        Assert.Equal("OK 5000000", machine.Ask("clock_set 5000000"));
        Assert.StartsWith("FAIL", machine.Ask("frobnicate"), StringComparison.Ordinal);
        Assert.StartsWith("FAIL", machine.Ask("readl xyz"), StringComparison.Ordinal);
        Assert.StartsWith("FAIL", machine.Ask("outb 0x10000 0"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_of_a_configuration_register_is_named_by_port_or_by_address()
    {
        using var machine = new QtestMachine("-M", "q35");
        const uint Ahci = 0x8000_fa00;
        machine.Do($"outl 0xcf8 0x{Ahci | 4:x}");
        ulong both = machine.Number("inl 0xcfc");
        Assert.Equal(0x10u, both >> 16 & 0x10);
        Assert.Equal(both >> 16, machine.Number("inw 0xcfe"));
        machine.Do($"outl 0xcf8 0x{Ahci | 6:x}");
        Assert.Equal(both >> 16, machine.Number("inw 0xcfc"));
        machine.Do($"outl 0xcf8 0x{Ahci | 0x27:x}");
        machine.Do("outb 0xcfc 0xe0");
        machine.Do($"outl 0xcf8 0x{Ahci | 0x24:x}");
        Assert.Equal(0xe000_0000u, machine.Number("inl 0xcfc"));
    }

    [Fact]
    public void A_command_with_a_28_bit_address_takes_a_count_of_16_bits()
    {
        const int Length = 512 * 512;
        string image = QtestMachine.NewImage(2048);
        using (var machine = new QtestMachine("-drive", $"if=none,id=d,file={image},format=raw", "-M", "q35", "-device", "ide-hd,drive=d"))
        {
            Start(machine);
            machine.Do($"memset 0x100000 {Length} 0x5a");
            Execute(machine, 0xca, 0, Length, write: true);
        }

        byte[] content = File.ReadAllBytes(image);
        File.Delete(image);
        Assert.Equal(0x5a, content[Length - 1]);
        Assert.Equal(0, content[Length]);
    }

    [Fact]
    public void A_block_of_bytes_reaches_registers_whole()
    {
        using var machine = new QtestMachine("-M", "q35");
        machine.WriteConfiguration(31, 2, 0x24, 4, Abar);
        machine.WriteConfiguration(31, 2, 4, 2, 6);
        machine.Do($"write 0x{Port:x} 0x8 0x0004100001000000");
        Assert.Equal(0x0010_0400u, machine.Number($"readl 0x{Port:x}"));
        Assert.Equal(1u, machine.Number($"readl 0x{Port + 4:x}"));
        Assert.Equal("OK 0x0004100001", machine.Ask($"read 0x{Port:x} 0x5"));
        Assert.Equal("OK 0x041000", machine.Ask($"read 0x{Port + 1:x} 0x3"));
    }

    [Fact]
    public void Firmware_configuration_tells_the_memory_size()
    {
        using var machine = new QtestMachine("-M", "q35", "-m", "384");
        machine.Do("outw 0x510 0x3");
        ulong size = 0;
        for (int i = 0; i < 8; i++)
            size |= machine.Number("inb 0x511") << (8 * i);
        Assert.Equal(384ul << 20, size);
    }

    [Fact]
    public void Machines_and_devices_are_listed()
    {
        using var machine = new QtestMachine("-machine", "none");
        Assert.Equal("OK little", machine.Ask("endianness"));
        JsonArray machines = machine.Command("query-machines")!.AsArray();
        Assert.Contains(machines, item => (string?)item!["name"] == "q35");

        // What the schema of QEMU 10 demands of each; tests read it strictly.
        string[] demanded = ["name", "cpu-max", "hotpluggable-cpus", "numa-mem-supported", "deprecated", "acpi"];
        Assert.All(machines, item => Assert.All(demanded, field => Assert.NotNull(item![field])));
        Assert.NotEmpty(machine.Command("qom-list-types", new JsonObject { ["implements"] = "device", ["abstract"] = true })!.AsArray());
        Assert.NotNull(machine.Command("no-such-command")!["error"]);
    }

    [Fact]
    public void A_disk_is_identified_written_and_read()
    {
        string image = QtestMachine.NewImage(2048);
        using (var machine = new QtestMachine(
            "-drive", $"if=none,id=drive0,file={image},cache=writeback,format=raw", "-M", "q35", "-device", "ide-hd,drive=drive0",
            "-global", "ide-hd.serial=testdisk", "-global", "ide-hd.ver=version"))
        {
            Start(machine);
            Execute(machine, 0xec, 0, 512, write: false);
            byte[] data = Convert.FromHexString(machine.Ask("read 0x100000 0x200")[5..]);
            Assert.Equal("ettsidks", Encoding.ASCII.GetString(data, 20, 8));
            machine.Do("memset 0x100000 4096 0x5a");
            Execute(machine, 0x35, 8, 4096, write: true);
        }

        byte[] content = File.ReadAllBytes(image);
        File.Delete(image);
        Assert.Equal(0, content[4095]);
        Assert.Equal(0x5a, content[4096]);
        Assert.Equal(0x5a, content[8191]);
        Assert.Equal(0, content[8192]);
    }

    [Fact]
    public void A_failing_disk_stops_the_machine_until_it_goes_on()
    {
        string image = QtestMachine.NewImage(2048);
        string plan = Path.GetTempFileName();
        File.WriteAllText(plan, "[inject-error]\nevent = \"write_aio\"\nerrno = \"5\"\nimmediately = \"off\"\nonce = \"on\"\n");
        using (var machine = new QtestMachine(
            "-drive", $"file=blkdebug:{plan}:{image},if=none,id=drive0,format=raw,rerror=stop,werror=stop", "-M", "q35",
            "-device", "ide-hd,drive=drive0"))
        {
            Start(machine);
            Issue(machine, 0x35, 8, 4096, write: true);
            Assert.Equal("STOP", (string?)machine.Message()["event"]);
            Assert.Equal(1u, machine.Number($"readl 0x{Port + 0x38:x}"));
            machine.Command("cont");
            Assert.Contains("RESUME", machine.Events);
            Assert.Equal(0u, machine.Number($"readl 0x{Port + 0x38:x}"));
        }

        File.Delete(image);
        File.Delete(plan);
    }

    [Fact]
    public void A_tray_that_moves_is_told()
    {
        string image = QtestMachine.NewImage(4);
        using (var machine = new QtestMachine(
            "-blockdev", $"node-name=drive0,driver=file,filename={image}", "-M", "q35", "-device", "ide-cd,id=cd0,drive=drive0"))
        {
            machine.Send("blockdev-open-tray", new JsonObject { ["id"] = "cd0" });
            JsonObject message = machine.Message();
            Assert.Equal("DEVICE_TRAY_MOVED", (string?)message["event"]);
            Assert.True((bool)message["data"]!["tray-open"]!);
            Assert.NotNull(machine.Message()["return"]);
        }

        File.Delete(image);
    }

    [Fact]
    public void A_NIC_speaks_to_a_socket()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var inherited = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        inherited.Connect(listener.LocalEndPoint!);
        using Socket peer = listener.Accept();
        peer.ReceiveTimeout = 60_000;
        // The program owns the descriptor from now on.
        int descriptor = (int)inherited.SafeHandle.DangerousGetHandle();
        inherited.SafeHandle.SetHandleAsInvalid();
        using var machine = new QtestMachine("-M", "pc", "-netdev", $"socket,fd={descriptor},id=hs0", "-device", "igb,netdev=hs0");
        const uint Registers = 0xd000_0000;
        Assert.Equal(0x10c9_8086u, machine.ReadConfiguration(2, 0, 0));
        machine.WriteConfiguration(2, 0, 0x10, 4, Registers);
        machine.WriteConfiguration(2, 0, 4, 2, 7);
        machine.Do($"writel 0x{Registers:x} 0x40");
        machine.Ask("clock_step 900000000");
        Assert.Equal(2u, machine.Number($"readl 0x{Registers + 8:x}") & 2);
        machine.Do($"writel 0x{Registers + 0xe000:x} 0x1000");
        machine.Do($"writel 0x{Registers + 0xe008:x} 0x1000");
        machine.Do($"writel 0x{Registers + 0x400:x} 0x2");
        machine.Do("memset 0x100000 64 0x77");
        machine.Do("writeq 0x1000 0x100000");
        machine.Do("writeq 0x1008 0x29300040");
        machine.Do($"writel 0x{Registers + 0xe018:x} 1");
        var frame = new byte[68];
        for (int got = 0; got < frame.Length;)
            got += peer.Receive(frame, got, frame.Length - got, SocketFlags.None);
        Assert.Equal([0, 0, 0, 64, 0x77], frame[..5]);
        Assert.Equal(1u, machine.Number("readl 0x100c") & 1);
        frame.AsSpan(4, 6).Fill(0xff);
        machine.Do($"writel 0x{Registers + 0xc000:x} 0x3000");
        machine.Do($"writel 0x{Registers + 0xc008:x} 0x1000");
        machine.Do($"writel 0x{Registers + 0xc00c:x} 0x2000000");
        machine.Do($"writel 0x{Registers + 0x100:x} 0x8002");
        peer.Send(frame);
        machine.Do("writeq 0x3000 0x200000");
        machine.Do($"writel 0x{Registers + 0xc018:x} 1");
        for (int i = 0; i < 1000 && (machine.Number("readl 0x3008") & 1) == 0; i++)
            machine.Ask("clock_step 10000");
        Assert.Equal("OK 0xffffffffffff7777", machine.Ask("read 0x200000 8"));
    }

    [Theory]
    [InlineData("-M")]
    [InlineData("-frobnicate", "x")]
    [InlineData("-M", "q35", "-device", "ide-hd,drive=nowhere")]
    [InlineData("-M", "q35", "-device", "floppy")]
    public void A_command_line_that_makes_no_sense_is_refused(params string[] arguments) =>
        Assert.Equal(1, Program.Main(["-qtest", "unix:/nowhere/at/all", .. arguments]));

    private static void Start(QtestMachine machine)
    {
        machine.WriteConfiguration(31, 2, 0x24, 4, Abar);
        machine.WriteConfiguration(31, 2, 4, 2, 7);
        Assert.Equal(0x2922_8086u, machine.ReadConfiguration(31, 2, 0));
        machine.Do($"writel 0x{Port:x} 0x1000");
        machine.Do($"writel 0x{Port + 8:x} 0x2000");
        machine.Do($"writel 0x{Port + 0x18:x} 0x10");
        machine.Do($"writel 0x{Port + 0x18:x} 0x11");
    }

    private static void Issue(QtestMachine machine, byte command, int sector, int length, bool write)
    {
        machine.Do("memset 0x3000 256 0");
        machine.Do($"writel 0x3000 0x{0x8027u | ((uint)command << 16):x}");
        machine.Do($"writel 0x3004 0x{0x4000_0000u | (uint)sector:x}");
        machine.Do($"writel 0x300c 0x{length / 512:x}");
        machine.Do("writeq 0x3080 0x100000");
        machine.Do($"writel 0x308c 0x{length - 1:x}");
        machine.Do($"writel 0x1000 0x{0x1_0005u | (write ? 0x40u : 0):x}");
        machine.Do("writeq 0x1008 0x3000");
        machine.Do($"writel 0x{Port + 0x38:x} 1");
    }

    private static void Execute(QtestMachine machine, byte command, int sector, int length, bool write)
    {
        Issue(machine, command, sector, length, write);
        Assert.Equal(0u, machine.Number($"readl 0x{Port + 0x38:x}"));
        Assert.Equal(0x50u, machine.Number($"readl 0x{Port + 0x20:x}"));
    }
}
