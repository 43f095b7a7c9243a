namespace Kilonova.Kernel;

/// <summary>The kernel half of the address space, beside the direct map and the per-CPU areas. Mirrored in layout.h.</summary>
public static class Layout
{
    /// <summary>The image runs at this address plus its link-time physical address: PML4 slot 511.</summary>
    public const ulong ImageBase = 0xffff_ffff_8000_0000;

    /// <summary>Where the image is linked to be loaded.</summary>
    public const ulong LoadAddress = 0x20_0000;

    /// <summary>Registers of devices: PML4 slot 509.</summary>
    public const ulong MmioBase = 0xffff_fe80_0000_0000;

    /// <summary>First address behind the direct map, and so the first physical address that the kernel cannot use.</summary>
    public const ulong DirectMapSize = MmioBase - DirectMap.Base;
}

/// <summary>Where the linker has put things: virtual addresses unless said otherwise. Filled in boot.S.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct ImageLayout
{
    /// <summary>First byte of the image: headers and boot code, then text.</summary>
    public ulong Start;
    public ulong Text;
    public ulong Rodata;
    public ulong Data;

    /// <summary>First byte behind the image's data and zeroed memory.</summary>
    public ulong End;

    /// <summary>First byte behind the memory that the loader kept free for the kernel.</summary>
    public ulong ReservedEnd;
    public ulong BootTables;

    /// <summary>The frames of the boot CPU's area, in the order of its pages.</summary>
    public ulong BootArea;
    public ulong Idt;

    /// <summary>Where the IDT leads: see entry.S.</summary>
    public ulong ExceptionStubs;
    public ulong InterruptStubs;
    public ulong TrampolineStart;
    public ulong TrampolineEnd;

    /// <summary>Where the trampoline ends.</summary>
    public ulong SmpEntry;

    /// <summary>The compact symbol table; both are 0 when the image has none.</summary>
    public ulong SymbolsStart;
    public ulong SymbolsEnd;
    public ulong SyscallEntry;

    /// <summary>Where an idle CPU waits.</summary>
    public ulong IdleWait;

    /// <summary>A general protection fault from here...</summary>
    public ulong MsrAccess;

    /// <summary>... to here continues at <see cref="MsrFailed"/>.</summary>
    public ulong MsrAccessEnd;
    public ulong MsrFailed;

    /// <summary>The one instance.</summary>
    [RuntimeImport("*", "image_layout"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ImageLayout* Get();
}
