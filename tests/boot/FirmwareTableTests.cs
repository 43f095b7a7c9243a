using System;
using System.Collections.Generic;
using System.Text;
using Kilonova.Formats.Acpi;
using Xunit;

namespace Kilonova.Boot.Tests;

/// <summary>What the readers of lib/formats make of tables that real firmware wrote; and the debugger's session to read them.</summary>
public class FirmwareTableTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private delegate void Look(StoppedMemory memory, byte[] root, ulong rootAddress);

    [Theory]
    [InlineData("q35", 3)]
    [InlineData("pc", 1)]
    public void The_tables_of_an_emulated_board_are_sound(string board, int cpus)
        => Inspect(new QemuSpec(BootPath.Kernel, board, "max", cpus), (memory, root, address) =>
        {
            byte[] madt = Table(memory, root, address, AcpiSignature.Madt);
            byte[] fadt = Table(memory, root, address, AcpiSignature.Fadt);
            byte[] hpet = Table(memory, root, address, AcpiSignature.Hpet);

            Assert.Equal((AcpiStatus.Ok, AcpiStatus.Ok, AcpiStatus.Ok), (Madt.Check(madt), Fadt.Check(fadt), Hpet.Check(hpet)));
            Assert.Equal(cpus, Count(madt, MadtType.LocalApic));
            Assert.Equal(1, Count(madt, MadtType.IoApic));
            Assert.Equal(0xfee0_0000ul, Madt.LocalApicAddress(madt));
            Assert.Equal(0xfed0_0000ul, Hpet.Address(hpet));
            Assert.InRange(Fadt.Pm1aControlPort(fadt), 0x600, 0xffff);
            Assert.NotEqual(0, Fadt.PmTimerPort(fadt));
            _ = AcpiRoot.Find(memory, root, address, AcpiSignature.Dmar, out AcpiStatus dmar);
            Assert.Equal(AcpiStatus.Missing, dmar);
        });

    [Fact]
    public void A_board_with_pci_express_says_where_its_configuration_space_lies()
        => Inspect(new QemuSpec(BootPath.Kernel, "q35", "max", 1), (memory, root, address) =>
        {
            byte[] mcfg = Table(memory, root, address, AcpiSignature.Mcfg);

            Assert.Equal(AcpiStatus.Ok, Mcfg.Check(mcfg));
            Assert.Equal((1u, (ushort)0), (Mcfg.Count(mcfg), Mcfg.Segment(mcfg, 0)));
            Assert.Equal((0, 255), (Mcfg.FirstBus(mcfg, 0), Mcfg.LastBus(mcfg, 0)));
        });

    [Fact]
    public void A_board_with_an_Intel_iommu_describes_it()
        => Inspect(Board("q35,kernel-irqchip=split", "-device", "intel-iommu,intremap=on"), (memory, root, address) =>
        {
            byte[] dmar = Table(memory, root, address, AcpiSignature.Dmar);
            uint cursor = 0;
            byte[] unit = Dmar.Next(dmar, ref cursor).ToArray();

            Assert.Equal(AcpiStatus.Ok, Dmar.Check(dmar));
            Assert.True(Dmar.CanRemapInterrupts(dmar));
            Assert.Equal((DmarType.HardwareUnit, 0xfed9_0000ul), (Dmar.Type(unit), Dmar.UnitAddress(unit)));
        });

    [Fact]
    public void A_board_with_an_AMD_iommu_describes_it()
        => Inspect(Board("q35", "-device", "amd-iommu"), (memory, root, address) =>
        {
            byte[] ivrs = Table(memory, root, address, AcpiSignature.Ivrs);
            uint cursor = 0;
            byte[] unit = Ivrs.Next(ivrs, ref cursor).ToArray();

            Assert.Equal(AcpiStatus.Ok, Ivrs.Check(ivrs));
            Assert.True(Ivrs.IsUnit(unit));
            Assert.Equal(0xfed8_0000ul, Ivrs.UnitAddress(unit));
        });

    [Fact]
    public void The_debugger_changes_memory_before_the_program_runs()
    {
        string socket = GdbSession.NewPath();
        QemuSpec spec = new(BootPath.Kernel, "q35", "qemu64", 1) { Options = GdbSession.Options(socket) };
        using QemuMachine machine = QemuMachine.Start(spec, Fixture.Halting);
        using (GdbSession session = new(socket, s_patience))
        {
            session.RunTo(StoppedMemory.EntryPoint(Fixture.Halting));
            string text = Encoding.ASCII.GetString(session.Read(0x20_0000, 0x400));
            session.Write(0x20_0000 + (ulong)text.IndexOf("fixture: done", StringComparison.Ordinal), "Kixture"u8.ToArray());
            session.Detach();
        }

        Verdict verdict = machine.Serial.Expect(["fixture: modules 2", "Kixture: done"], ["fixture: done"], s_patience);
        Assert.True(verdict.IsGood, verdict.Reason);
    }

    private static QemuSpec Board(string board, params string[] options) => new(BootPath.Kernel, board, "max", 1) { Options = options };

    private static void Inspect(QemuSpec spec, Look look)
    {
        string socket = GdbSession.NewPath();
        QemuSpec stopped = spec with { Options = [.. spec.Options, .. GdbSession.Options(socket)] };
        using QemuMachine machine = QemuMachine.Start(stopped, Fixture.Halting);
        using GdbSession session = new(socket, s_patience);
        session.RunTo(StoppedMemory.EntryPoint(Fixture.Halting));
        StoppedMemory memory = new(session);
        byte[] rsdp = Rsdp.Read(memory, Rsdp.Search(memory), out AcpiStatus found).ToArray();
        byte[] root = AcpiRoot.Read(memory, rsdp, out ulong address, out AcpiStatus status).ToArray();
        Assert.Equal((AcpiStatus.Ok, AcpiStatus.Ok), (found, status));
        look(memory, root, address);
    }

    private static byte[] Table(StoppedMemory memory, byte[] root, ulong address, uint signature)
    {
        byte[] table = AcpiRoot.Find(memory, root, address, signature, out AcpiStatus status).ToArray();
        Assert.Equal(AcpiStatus.Ok, status);
        return table;
    }

    private static int Count(byte[] madt, MadtType type)
    {
        List<MadtType> types = [];
        uint cursor = 0;
        for (ReadOnlySpan<byte> entry = Madt.Next(madt, ref cursor); !entry.IsEmpty; entry = Madt.Next(madt, ref cursor))
            types.Add(Madt.Type(entry));

        return types.FindAll(other => other == type).Count;
    }
}
