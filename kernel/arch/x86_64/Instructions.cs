namespace Kilonova.Kernel;

/// <summary>I/O ports.</summary>
public static class Port
{
    [RuntimeImport("*", "port_read_8"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern byte Read8(ushort port);

    [RuntimeImport("*", "port_read_16"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ushort Read16(ushort port);

    [RuntimeImport("*", "port_read_32"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Read32(ushort port);

    [RuntimeImport("*", "port_write_8"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Write8(ushort port, byte value);

    [RuntimeImport("*", "port_write_16"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Write16(ushort port, ushort value);

    [RuntimeImport("*", "port_write_32"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Write32(ushort port, uint value);

    /// <summary>Writes a sequence of bytes, each behind the distance of its port from the first.</summary>
    public static void WriteAll(ushort first, ReadOnlySpan<byte> sequence)
    {
        for (int i = 0; i + 1 < sequence.Length; i += 2)
            Write8((ushort)(first + sequence[i]), sequence[i + 1]);
    }
}

/// <summary>Registers of devices in memory, by their virtual address.</summary>
public static unsafe class Mmio
{
    /// <summary>Not inlined: the compiler would load no more bytes than a mask leaves, and many registers are read whole or not at all.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static uint Read32(nint register) => Volatile.Read(ref *(uint*)register);

    public static void Write32(nint register, uint value) => Volatile.Write(ref *(uint*)register, value);

    public static void Write8(nint register, byte value) => Volatile.Write(ref *(byte*)register, value);
}

/// <summary>Model-specific registers. Those used by the boot code, by their architectural names (SDM volume 4).</summary>
public static unsafe class Msr
{
    public const uint IA32_APIC_BASE = 0x1b;
    public const uint IA32_TSC_ADJUST = 0x3b;
    public const uint IA32_SPEC_CTRL = 0x48;
    public const uint IA32_PRED_CMD = 0x49;
    public const uint IA32_ARCH_CAPABILITIES = 0x10a;
    public const uint IA32_MCG_CAP = 0x179;
    public const uint IA32_MCG_STATUS = 0x17a;
    public const uint IA32_MCG_CTL = 0x17b;
    public const uint IA32_PAT = 0x277;
    public const uint IA32_MC0_CTL = 0x400;
    public const uint IA32_MC0_STATUS = 0x401;
    public const uint IA32_MC0_ADDR = 0x402;
    public const uint IA32_TSC_DEADLINE = 0x6e0;
    public const uint X2APIC_BASE = 0x800;
    public const uint IA32_EFER = 0xc000_0080;
    public const uint IA32_STAR = 0xc000_0081;
    public const uint IA32_LSTAR = 0xc000_0082;
    public const uint IA32_CSTAR = 0xc000_0083;
    public const uint IA32_FMASK = 0xc000_0084;
    public const uint IA32_FS_BASE = 0xc000_0100;
    public const uint IA32_GS_BASE = 0xc000_0101;
    public const uint IA32_KERNEL_GS_BASE = 0xc000_0102;
    public const uint IA32_TSC_AUX = 0xc000_0103;
    public const uint VM_CR = 0xc001_0114;
    public const uint VM_HSAVE_PA = 0xc001_0117;

    /// <summary>Reads a register that exists.</summary>
    [RuntimeImport("*", "msr_read"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong Read(uint register);

    /// <summary>Writes a register that exists.</summary>
    [RuntimeImport("*", "msr_write"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Write(uint register, ulong value);

    /// <summary>Writes a register whose writes do not wait for earlier stores (x2APIC, IA32_TSC_DEADLINE), after these.</summary>
    [RuntimeImport("*", "msr_write_ordered"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteOrdered(uint register, ulong value);

    /// <summary>Reads a register; false if it does not exist.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool TryRead(uint register, out ulong value)
    {
        ulong result = 0;
        bool exists = TryReadTo(register, &result) != 0;
        value = result;
        return exists;
    }

    /// <summary>Writes a register; false if it does not exist or refuses the value.</summary>
    public static bool TryWrite(uint register, ulong value) => TryWriteRegister(register, value) != 0;

    [RuntimeImport("*", "msr_try_read"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern uint TryReadTo(uint register, ulong* value);

    [RuntimeImport("*", "msr_try_write"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern uint TryWriteRegister(uint register, ulong value);
}

/// <summary>Control and debug registers.</summary>
public static class Cr
{
    [RuntimeImport("*", "cr0_read"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadCr0();

    [RuntimeImport("*", "cr0_write"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteCr0(ulong value);

    [RuntimeImport("*", "cr2_read"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadCr2();

    [RuntimeImport("*", "cr3_read"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadCr3();

    [RuntimeImport("*", "cr4_read"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadCr4();

    [RuntimeImport("*", "cr4_write"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteCr4(ulong value);

    [RuntimeImport("*", "dr6_read"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong ReadDr6();

    [RuntimeImport("*", "dr6_write"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteDr6(ulong value);

    [RuntimeImport("*", "dr7_write"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteDr7(ulong value);
}

/// <summary>What CPUID returns for one leaf.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Cpuid
{
    public uint Eax;
    public uint Ebx;
    public uint Ecx;
    public uint Edx;

    /// <summary>Executes CPUID. A leaf beyond the CPU's last reads as it pleases: ask for the last first.</summary>
    [RuntimeImport("*", "cpu_identify"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Read(uint leaf, uint subleaf, Cpuid* result);
}

/// <summary>Where a descriptor table lies, as LGDT and LIDT take it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
public unsafe struct DescriptorTable
{
    /// <summary>Bytes of the table minus 1.</summary>
    public ushort Limit;
    public void* Base;
}

/// <summary>Descriptor tables and stopping.</summary>
public static unsafe class Processor
{
    /// <summary>Loads the GDT, CS 0x08 and SS 0x10; the other segments become null, and with them the GS base 0.</summary>
    [RuntimeImport("*", "gdt_load"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void LoadGdt(DescriptorTable* table);

    [RuntimeImport("*", "idt_load"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void LoadIdt(DescriptorTable* table);

    [RuntimeImport("*", "task_load"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void LoadTask(uint selector);

    /// <summary>DS, ES, FS and GS as a domain finds them: null.</summary>
    [RuntimeImport("*", "segments_clear"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void ClearSegments();

    /// <summary>Halts with interrupts off, until an NMI.</summary>
    [RuntimeImport("*", "cpu_wait_for_nmi"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WaitForNmi();

    /// <summary>Never returns. Interrupts are off; only an NMI runs, and returns here.</summary>
    [RuntimeImport("*", "cpu_halt"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Halt();

    /// <summary>Resets this CPU, and so the machine, by a fault that cannot be delivered.</summary>
    [RuntimeImport("*", "cpu_triple_fault"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void TripleFault();
}
