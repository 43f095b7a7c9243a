using System;
using System.Buffers.Binary;
using System.Text;
using Kilonova.Vmm.Boot;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class LoaderTests
{
    private const int Megabyte = 1 << 20;

    private readonly GuestMemory _memory = new();
    private readonly CpuState _cpu = new();

    public LoaderTests() => Assert.True(_memory.Add(0, new ArrayBacking(new byte[32 * Megabyte])));

    // A bzImage with one setup sector: header as boot.rst has it, then 0x1000 bytes of code, all 0xcc.
    private static byte[] Kernel(ushort version = 0x20f, bool is64Bit = true)
    {
        byte[] image = new byte[1024 + 0x1000];
        image.AsSpan(1024).Fill(0xcc);
        image[0x1f1] = 1;
        image[0x200] = 0xeb;
        image[0x201] = 0x6a;
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), version);
        image[0x211] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x22c), 0x7fff_ffff);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x230), 0x20_0000);
        image[0x234] = 1;
        image[0x236] = is64Bit ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x238), 255);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(0x258), 0x100_0000);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x260), 0x10_0000);
        return image;
    }

    private LoadStatus Load(byte[] kernel, byte[]? disk = null, string commandLine = "console=ttyS0")
    {
        var image = new LinuxImage
        {
            Kernel = kernel,
            InitialDisk = disk,
            CommandLine = Encoding.ASCII.GetBytes(commandLine),
            Rsdp = 0xe_0000,
        };
        return LinuxLoader.Load(_memory, _cpu, image);
    }

    private ulong Get(ulong address, int size)
    {
        Assert.True(_memory.TryLoad(address, size, out ulong value));
        return value;
    }

    [Fact]
    public void A_64_bit_kernel_starts_at_its_64_bit_entry_in_long_mode()
    {
        Assert.Equal(LoadStatus.Ok, Load(Kernel()));
        Assert.Equal(0x100_0200ul, _cpu.Rip);
        Assert.Equal(64, _cpu.Bitness);
        Assert.Equal(0ul, _cpu.Rflags & Rflags.Interrupt);
        Assert.Equal(0x10, _cpu.Segments[(int)SegmentRegister.Cs].Selector);
        Assert.Equal(0x18, _cpu.Segments[(int)SegmentRegister.Ss].Selector);
        Assert.Equal(0xccul, Get(_cpu.Rip, 1));
        // The tables map what the kernel needs to itself.
        var walker = new PageWalker(_memory);
        foreach (ulong address in new[] { _cpu.Rip, _cpu.Gpr[6], 0xffff_f000ul })
        {
            Assert.Equal(WalkStatus.Ok, walker.Translate(_cpu, address, PageAccess.Write, out ulong physical, out _));
            Assert.Equal(address, physical);
        }

        // The descriptors in memory are those in the registers.
        Assert.Equal(0x00af_9b00_0000_fffful, Get(0x510, 8));
    }

    [Fact]
    public void A_32_bit_kernel_starts_in_flat_protected_mode()
    {
        Assert.Equal(LoadStatus.Ok, Load(Kernel(is64Bit: false)));
        Assert.Equal(0x100_0000ul, _cpu.Rip);
        Assert.Equal(32, _cpu.Bitness);
        Assert.Equal(0ul, _cpu.Cr0 & Cr0.Paging);
        Assert.Equal(LoadStatus.Ok, Load(Kernel(version: 0x206)));
        Assert.Equal(0x10_0000ul, _cpu.Rip);
    }

    [Fact]
    public void The_boot_parameters_tell_header_memory_disk_and_command_line()
    {
        byte[] disk = new byte[12345];
        new Random(1).NextBytes(disk);
        Assert.Equal(LoadStatus.Ok, Load(Kernel(), disk));
        ulong page = _cpu.Gpr[6];
        Assert.Equal(0x5372_6448ul, Get(page + 0x202, 4));
        Assert.Equal(0xfful, Get(page + 0x210, 1));
        Assert.Equal(0xe_0000ul, Get(page + 0x70, 8));
        ulong text = Get(page + 0x228, 4);
        byte[] line = new byte[14];
        Assert.True(_memory.Read(text, line));
        Assert.Equal("console=ttyS0\0", Encoding.ASCII.GetString(line));
        ulong place = Get(page + 0x218, 4);
        Assert.Equal(0ul, place & 0xfff);
        Assert.Equal((ulong)disk.Length, Get(page + 0x21c, 4));
        byte[] copy = new byte[disk.Length];
        Assert.True(_memory.Read(place, copy));
        Assert.Equal(disk, copy);
        Assert.Equal(3ul, Get(page + 0x1e8, 1));
        Assert.Equal((0ul, 0x9_fc00ul, 1ul), (Get(page + 0x2d0, 8), Get(page + 0x2d8, 8), Get(page + 0x2e0, 4)));
        Assert.Equal((0x9_fc00ul, 2ul), (Get(page + 0x2e4, 8), Get(page + 0x2f4, 4)));
        Assert.Equal((0x10_0000ul, 31ul * Megabyte, 1ul), (Get(page + 0x2f8, 8), Get(page + 0x300, 8), Get(page + 0x308, 4)));
    }

    [Fact]
    public void What_is_wrong_with_an_image_is_told()
    {
        Assert.Equal(LoadStatus.BadImage, Load([]));
        Assert.Equal(LoadStatus.BadImage, Load(new byte[4096]));
        Assert.Equal(LoadStatus.Unsupported, Load(Kernel(version: 0x205)));
        Assert.Equal(LoadStatus.CommandLineTooLong, Load(Kernel(), commandLine: new string('x', 256)));
        byte[] large = Kernel();
        BinaryPrimitives.WriteUInt32LittleEndian(large.AsSpan(0x260), 0x7000_0000);
        Assert.Equal(LoadStatus.NoMemory, Load(large));
        Assert.Equal(LoadStatus.NoMemory, Load(Kernel(), new byte[16 * Megabyte]));
        byte[] cut = Kernel();
        cut[0x1f1] = 200;
        Assert.Equal(LoadStatus.BadImage, Load(cut));
    }

    [Fact]
    public void A_multiboot_kernel_is_loaded_by_its_address_fields()
    {
        byte[] kernel = new byte[0x200];
        kernel.AsSpan().Fill(0x90);
        uint[] header =
        [
            0x1bad_b002, 0x1_0003, unchecked(0u - 0x1bad_b002 - 0x1_0003), 0x20_0010, 0x20_0000, 0x20_0100, 0x20_1000, 0x20_0040,
        ];
        for (int i = 0; i < header.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(kernel.AsSpan(0x10 + (4 * i)), header[i]);
        _memory.TryStore(0x20_0ff8, 8, ulong.MaxValue);
        Assert.Equal(LoadStatus.Ok, MultibootLoader.Load(_memory, _cpu, kernel, "module"u8, "a b"u8));
        Assert.Equal(0x20_0040ul, _cpu.Rip);
        Assert.Equal(0x2bad_b002ul, _cpu.Gpr[0]);
        Assert.Equal(0x1bad_b002ul, Get(0x20_0010, 4));
        Assert.Equal(0ul, Get(0x20_0ff8, 8));
        Assert.Equal(0ul, Get(0x20_0100, 1));
        ulong info = _cpu.Gpr[3];
        Assert.Equal(0x4dul, Get(info, 4));
        Assert.Equal(31ul * 1024, Get(info + 8, 4));
        Assert.Equal(1ul, Get(info + 20, 4));
        ulong module = Get(info + 24, 4);
        Assert.Equal(0x20_1000ul, Get(module, 4));
        Assert.Equal(0x20_1006ul, Get(module + 4, 4));
        Assert.Equal((ulong)'m', Get(0x20_1000, 1));
        Assert.Equal(72ul, Get(info + 44, 4));
    }

    [Fact]
    public void A_multiboot_kernel_is_loaded_as_elf()
    {
        byte[] kernel = new byte[0x300];
        uint[] header = [0x464c_457f, 0x0001_0101, 0, 0, 0x0003_0002, 1, 0x10_0008, 52, 0, 0, 0x0020_0034, 1];
        for (int i = 0; i < header.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(kernel.AsSpan(4 * i), header[i]);
        uint[] segment = [1, 0x100, 0xc010_0000, 0x10_0000, 0x80, 0x100, 5, 0x1000];
        for (int i = 0; i < segment.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(kernel.AsSpan(52 + (4 * i)), segment[i]);
        uint[] multiboot = [0x1bad_b002, 0, unchecked(0u - 0x1bad_b002)];
        for (int i = 0; i < multiboot.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(kernel.AsSpan(0x100 + (4 * i)), multiboot[i]);
        Assert.Equal(LoadStatus.Ok, MultibootLoader.Load(_memory, _cpu, kernel, default, default));
        Assert.Equal(0x10_0008ul, _cpu.Rip);
        Assert.Equal(0x1bad_b002ul, Get(0x10_0000, 4));
        BinaryPrimitives.WriteUInt32LittleEndian(kernel.AsSpan(52 + 12), 0x1000);
        Assert.Equal(LoadStatus.NoMemory, MultibootLoader.Load(_memory, _cpu, kernel, default, default));
        BinaryPrimitives.WriteUInt32LittleEndian(kernel.AsSpan(52 + 16), 0x1000);
        Assert.Equal(LoadStatus.BadImage, MultibootLoader.Load(_memory, _cpu, kernel, default, default));
        Assert.Equal(LoadStatus.BadImage, MultibootLoader.Load(_memory, _cpu, new byte[100], default, default));
    }

    [Fact]
    public void Damaged_images_never_do_more_than_fail()
    {
        var random = new Random(3);
        byte[] good = Kernel();
        for (int i = 0; i < 300; i++)
        {
            byte[] bad = (byte[])good.Clone();
            for (int n = random.Next(1, 6); n > 0; n--)
                bad[0x1f1 + random.Next(0x80)] = (byte)random.Next(256);
            LoadStatus status = Load(bad[..random.Next(0x100, bad.Length)], new byte[100]);
            Assert.InRange((int)status, 0, (int)LoadStatus.CommandLineTooLong);
        }
    }
}
