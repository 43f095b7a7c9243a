using System;
using System.IO;
using System.Linq;
using Kilonova.Formats.Acpi;
using Xunit;

namespace Kilonova.Boot.Tests;

/// <summary>
/// Firmware tables that are damaged between firmware and kernel, by a debugger: the kernel says what is wrong and stops, or goes on where
/// it can do without.
/// </summary>
public class DamagedTableTests
{
    private const string BadChecksum = "has a bad checksum";
    private const string Stopped = "the machine is stopped";

    // Behind the header of 44 bytes: one entry of 8 bytes for each CPU there could be, whose flags say whether it is there.
    private const int ThirdProcessorFlags = 44 + 2 * 8 + 4;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    [Fact]
    public void A_bad_checksum_of_the_madt_stops_the_kernel()
        => Boots("madt-checksum", tables => tables.Change(AcpiSignature.Madt, 40, value => value ^ 2, seal: false), BadChecksum, Stopped);

    [Fact]
    public void A_lying_length_of_the_madt_stops_the_kernel()
        => Boots("madt-length", tables => tables.Change(AcpiSignature.Madt, 7, _ => 0x7f, seal: false), "longer than any", Stopped);

    [Fact]
    public void An_entry_of_length_0_in_the_madt_stops_the_kernel()
        => Boots("madt-entry", tables => tables.Change(AcpiSignature.Madt, 45, _ => 0, seal: true), "shorter than its header", Stopped);

    [Fact]
    public void A_bad_checksum_of_the_root_table_stops_the_kernel()
        => Boots("root-checksum", tables => tables.ChangeRoot(36, value => value ^ 1, seal: false), BadChecksum, Stopped);

    [Fact]
    public void A_root_table_that_lists_nothing_but_itself_stops_the_kernel()
        => Boots("root-loop", tables => tables.ListRootInItself(), "the root table lists itself", Stopped);

    [Fact]
    public void A_bad_checksum_of_the_hpet_is_survived()
        => Boots(
            "hpet-checksum",
            tables => tables.Change(AcpiSignature.Hpet, 40, value => value ^ 2, seal: false),
            BadChecksum,
            "hello: idling");

    [Theory]
    [InlineData("max")]
    [InlineData("qemu64,-x2apic")]
    public void A_CPU_that_does_not_answer_is_reported_and_left_out(string cpu)
        => Boots(
            "madt-cpu",
            new QemuSpec(BootPath.Kernel, "q35", cpu, 2) { Options = ["-smp", "2,maxcpus=3"] },
            tables => tables.Change(AcpiSignature.Madt, ThirdProcessorFlags, flags => flags | 1, seal: true),
            "the CPU with APIC ID 2 is skipped: it does not answer",
            "2 CPUs, 1 skipped, started in",
            "hello: 2 CPUs",
            "hello: idling");

    private static void Boots(string name, Action<Tables> damage, params string[] lines)
        => Boots(name, new QemuSpec(BootPath.Kernel, "q35", "max", 1), damage, lines);

    private static void Boots(string name, QemuSpec board, Action<Tables> damage, params string[] lines)
    {
        string socket = GdbSession.NewPath();
        QemuSpec spec = board with { Options = [.. board.Options, .. GdbSession.Options(socket)] };
        BootImage image = BootImage.OfScenario("hello");
        using QemuMachine machine = QemuMachine.Start(spec, image);
        try
        {
            using GdbSession session = new(socket, s_patience);
            session.RunTo(StoppedMemory.EntryPoint(image));
            damage(new Tables(session));
            session.Detach();
        }
        catch (IOException failure)
        {
            throw BootRun.Failure("damaged-" + name, failure.Message, machine);
        }

        Verdict verdict = machine.Serial.Expect(lines, ["panic"], s_patience);
        if (!verdict.IsGood)
            throw BootRun.Failure("damaged-" + name, verdict.Reason, machine);
    }

    /// <summary>The tables of a stopped machine.</summary>
    private sealed class Tables
    {
        private readonly GdbSession _session;
        private readonly ulong _root;

        public Tables(GdbSession session)
        {
            _session = session;
            StoppedMemory memory = new(session);
            byte[] rsdp = Rsdp.Read(memory, Rsdp.Search(memory), out AcpiStatus status).ToArray();
            _ = AcpiRoot.Read(memory, rsdp, out _root, out AcpiStatus rootStatus);
            Assert.Equal((AcpiStatus.Ok, AcpiStatus.Ok), (status, rootStatus));
        }

        public void Change(uint signature, int offset, Func<int, int> change, bool seal)
            => ChangeAt(AddressOf(signature), offset, change, seal);

        public void ChangeRoot(int offset, Func<int, int> change, bool seal) => ChangeAt(_root, offset, change, seal);

        public void ListRootInItself()
        {
            byte[] root = ReadTable(_root);
            int size = root[0] == (byte)'X' ? 8 : 4;
            byte[] address = BitConverter.GetBytes(_root)[..size];
            for (int offset = (int)AcpiTable.HeaderLength; offset < root.Length; offset += size)
                address.CopyTo(root, offset);

            _session.Write(_root, Sealed(root));
        }

        private void ChangeAt(ulong address, int offset, Func<int, int> change, bool seal)
        {
            byte[] table = ReadTable(address);
            table[offset] = (byte)change(table[offset]);
            _session.Write(address, seal ? Sealed(table) : table);
        }

        private ulong AddressOf(uint signature)
        {
            byte[] root = ReadTable(_root);
            return Enumerable.Range(0, (int)AcpiRoot.Count(root)).Select(i => AcpiRoot.Address(root, (uint)i))
                .First(address => AcpiTable.Signature(_session.Read(address, 4)) == signature);
        }

        private byte[] ReadTable(ulong address) => _session.Read(address, AcpiTable.Length(_session.Read(address, 8)));

        private static byte[] Sealed(byte[] table)
        {
            table[9] -= (byte)table.Sum(value => value);
            return table;
        }
    }
}
