using System;

namespace Kilonova.Formats.Tests;

/// <summary>Sound tables, each as small as shows everything its reader knows.</summary>
public static class AcpiSamples
{
    public const ulong XsdtAddress = 0x7fe0_0000;
    public const ulong RsdtAddress = 0x7fe1_0000;
    public const ulong FirstTable = 0x7ff0_0000;

    public static byte[] Rsdp1(uint rsdt = (uint)RsdtAddress)
    {
        byte[] rsdp = Bytes.New.Text("RSD PTR ").U8(0).Text("KILONO").U8(0).U32(rsdt).Array();
        rsdp[8] = (byte)-Bytes.Sum(rsdp);
        return rsdp;
    }

    public static byte[] Rsdp2(ulong xsdt = XsdtAddress, uint rsdt = (uint)RsdtAddress)
    {
        byte[] rsdp = Bytes.New.Text("RSD PTR ").U8(0).Text("KILONO").U8(2).U32(rsdt).U32(36).U64(xsdt).Zero(4).Array();
        rsdp[8] = (byte)-Bytes.Sum(rsdp.AsSpan(0, 20));
        rsdp[32] = (byte)-Bytes.Sum(rsdp);
        return rsdp;
    }

    public static byte[] Xsdt(params ulong[] addresses)
    {
        Bytes body = Bytes.New;
        foreach (ulong address in addresses)
            body.U64(address);

        return Bytes.Table("XSDT", body.Array());
    }

    public static byte[] Rsdt(params uint[] addresses)
    {
        Bytes body = Bytes.New;
        foreach (uint address in addresses)
            body.U32(address);

        return Bytes.Table("RSDT", body.Array());
    }

    public static byte[] LocalApic(byte uid, byte id, uint flags = 1) => Bytes.New.U8(0, 8, uid, id).U32(flags).Array();

    public static byte[] LocalX2Apic(uint uid, uint id, uint flags = 1) => Bytes.New.U8(9, 16, 0, 0).U32(id).U32(flags).U32(uid).Array();

    public static byte[] Madt(params byte[][] entries)
    {
        Bytes body = Bytes.New.U32(0xfee0_0000).U32(1);
        foreach (byte[] entry in entries)
            body.Add(entry);

        return Bytes.Table("APIC", body.Array(), 4);
    }

    public static byte[] IoApic(byte id, uint address, uint first) => Bytes.New.U8(1, 12, id, 0).U32(address).U32(first).Array();

    public static byte[] Override(byte source, uint pin, ushort flags) => Bytes.New.U8(2, 10, 0, source).U32(pin).U16(flags).Array();

    public static byte[] MadtOfEverything() => Madt(
        LocalApic(0, 0),
        LocalApic(1, 2, 0),
        LocalX2Apic(7, 0x1234),
        Bytes.New.U8(1, 12, 5, 0).U32(0xfec0_0000).U32(24).Array(),
        Bytes.New.U8(2, 10, 0, 0).U32(2).U16(0xd).Array(),
        Bytes.New.U8(3, 8).U16(0xf).U32(9).Array(),
        Bytes.New.U8(4, 6, 0xff).U16(5).U8(1).Array(),
        Bytes.New.U8(5, 12).U16(0).U64(0x1_0000_0000).Array(),
        Bytes.New.U8(10, 12).U16(7).U32(0xffff_ffff).U8(1, 0, 0, 0).Array(),
        Bytes.New.U8(0x7f, 3, 0xee).Array());

    public static byte[] Fadt1() => Bytes.Table("FACP", Bytes.New
        .U32(0x1000).U32(0x2000).U8(0, 0).U16(9).U32(0xb2).U8(0xa1, 0xa0, 0, 0)
        .U32(0xb000).U32(0).U32(0xb004).U32(0xb104).U32(0xb00c).U32(0xb008).U32(0).U32(0)
        .U8(4, 2, 1, 4, 0, 0, 0, 0).To(76).U32(1 << 8).Array());

    public static byte[] Fadt6(ulong pm1aControl = 0x604)
    {
        byte[] table = Bytes.New.Add(Fadt1()).To(276).Array();
        table[4] = 276 & 0xff;
        table[5] = 276 >> 8;
        table[8] = 6;
        table = Bytes.With(table, 112, Bytes.Le(1 << 10, 4));
        table = Bytes.With(table, 116, Bytes.New.U8(1, 8, 0, 1).U64(0xcf9).U8(6).Array());
        table = Bytes.With(table, 132, Bytes.New.U64(0x11_0000_0000).U64(0x12_0000_0000).Array());
        table = Bytes.With(table, 172, Bytes.New.U8(1, 16, 0, 2).U64(pm1aControl).Array());
        return Bytes.Seal(table);
    }

    public static byte[] Hpet(ulong address = 0xfed0_0000) => Bytes.Table("HPET", Bytes.New
        .U32(0x8086_a201).U8(0, 64, 0, 0).U64(address).U8(0).U16(100).U8(0).Array());

    public static byte[] McfgEntry(ulong address, ushort segment, byte first, byte last)
        => Bytes.New.U64(address).U16(segment).U8(first, last, 0, 0, 0, 0).Array();

    public static byte[] Mcfg(params byte[][] entries)
    {
        Bytes body = Bytes.New.Zero(8);
        foreach (byte[] entry in entries)
            body.Add(entry);

        return Bytes.Table("MCFG", body.Array());
    }

    public static byte[] Scope(byte type, byte id, byte bus, params byte[] path)
        => Bytes.New.U8(type, 6 + path.Length, 0, 0, id, bus).Add(path).Array();

    public static byte[] Drhd(ulong address, ushort segment, bool all, params byte[][] scopes)
        => DmarEntry(0, Bytes.New.U8(all ? 1 : 0, 0).U16(segment).U64(address), scopes);

    public static byte[] Rmrr(ulong first, ulong last, ushort segment, params byte[][] scopes)
        => DmarEntry(1, Bytes.New.U16(0).U16(segment).U64(first).U64(last), scopes);

    public static byte[] DmarEntry(ushort type, Bytes fields, params byte[][] scopes)
    {
        foreach (byte[] scope in scopes)
            fields.Add(scope);

        return Bytes.New.U16(type).U16(4 + fields.Count).Add(fields.Array()).Array();
    }

    public static byte[] Dmar(params byte[][] entries)
    {
        Bytes body = Bytes.New.U8(38, 3).Zero(10);
        foreach (byte[] entry in entries)
            body.Add(entry);

        return Bytes.Table("DMAR", body.Array());
    }

    public static byte[] DmarOfEverything() => Dmar(
        Drhd(0xfed9_0000, 0, false, Scope(1, 0, 0, 2, 0)),
        Drhd(0xfed9_1000, 0, true, Scope(3, 2, 0xf0, 0x1f, 0), Scope(4, 0, 0, 0x1f, 0)),
        Drhd(0xfed9_2000, 1, true, Scope(2, 0, 3, 1, 0, 0, 5)),
        Rmrr(0x7c00_0000, 0x7c0f_ffff, 0, Scope(1, 0, 0, 0x14, 0)),
        DmarEntry(2, Bytes.New.U8(0, 0).U16(0), Scope(2, 0, 0, 1, 0)),
        DmarEntry(3, Bytes.New.U32(0).U64(0xfed9_0000).U32(1)),
        DmarEntry(4, Bytes.New.U8(0, 0, 0, 1).Text("\\_SB.PCI0").U8(0)),
        DmarEntry(5, Bytes.New.U8(0, 0).U16(0), Scope(1, 0, 0, 3, 0)),
        DmarEntry(9, Bytes.New.U32(0)));

    public static byte[] Ivhd(byte type, ushort id, ulong address, ushort segment, params byte[][] devices)
    {
        Bytes fields = Bytes.New.U16(id).U16(0x40).U64(address).U16(segment).U16(0).U32(0);
        if (type != 0x10)
            fields.U64(0x58f7_7ef2_2294_a5ad).U64(0);

        foreach (byte[] device in devices)
            fields.Add(device);

        return Bytes.New.U8(type, 0xb0).U16(4 + fields.Count).Add(fields.Array()).Array();
    }

    public static byte[] Device4(byte type, ushort id, byte settings = 0) => Bytes.New.U8(type).U16(id).U8(settings).Array();

    public static byte[] Device8(byte type, ushort id, ushort other) => Bytes.New.U8(type).U16(id).U8(0, 0).U16(other).U8(0).Array();

    public static byte[] Special(byte handle, ushort source, byte variety)
        => Bytes.New.U8(72).U16(0).U8(0xd7, handle).U16(source).U8(variety).Array();

    public static byte[] Named(string uid)
        => Bytes.New.U8(240).U16(0xa5).U8(0).Text("AMDI0020").Zero(8).U8(2, uid.Length).Text(uid).Array();

    public static byte[] Ivmd(byte type, ushort first, ushort last, ulong start, ulong length)
        => Bytes.New.U8(type, 8).U16(32).U16(first).U16(last).U64(0).U64(start).U64(length).Array();

    public static byte[] Ivrs(params byte[][] blocks)
    {
        Bytes body = Bytes.New.U32(0x0020_3040).Zero(8);
        foreach (byte[] block in blocks)
            body.Add(block);

        return Bytes.Table("IVRS", body.Array(), 2);
    }

    public static byte[] IvrsOfEverything() => Ivrs(
        Ivhd(0x10, 2, 0xfd20_0000, 0, Device4(3, 8), Device4(4, 0xfffe), Special(0, 0xa0, 1), Special(1, 0xa1, 2)),
        Ivhd(0x11, 2, 0xfd20_0000, 0, Device4(2, 8, 0x80), Device8(66, 0x100, 0xa4), Device8(67, 0x200, 0xa4), Device4(4, 0x2ff)),
        Ivhd(0x40, 0x4002, 0xfd30_0000, 1, Named("\\_SB.FUR0"), Device4(1, 0), Device4(0, 0)),
        Ivmd(0x20, 0, 0, 0x1000, 0x1000),
        Ivmd(0x22, 8, 0x10, 0x2000, 0x1000),
        Bytes.New.U8(0x77, 0).U16(4).Array());
}
