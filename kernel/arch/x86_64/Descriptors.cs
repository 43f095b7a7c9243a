namespace Kilonova.Kernel;

/// <summary>Segment selectors. SYSCALL and SYSRET fix the order (SDM volume 3, section 5.8.8).</summary>
public static class Selectors
{
    public const ushort KernelCode = 0x08;
    public const ushort KernelData = 0x10;

    /// <summary>What SYSRET counts from: 32-bit code would be here; +8 is <see cref="UserData"/>, +16 <see cref="UserCode"/>.</summary>
    public const ushort UserBase = 0x18 | 3;
    public const ushort UserData = 0x20 | 3;
    public const ushort UserCode = 0x28 | 3;
    public const ushort Task = 0x30;
}

/// <summary>Stacks of the interrupt stack table.</summary>
public static class InterruptStack
{
    public const byte None = 0;
    public const byte Nmi = 1;
    public const byte MachineCheck = 2;
    public const byte DoubleFault = 3;
    public const byte Debug = 4;
}

/// <summary>
/// GDT, TSS and IDT (SDM volume 3, sections 3.5, 7.7 and 6.14). Each CPU has its own GDT and TSS in its block; the IDT is one for all.
/// </summary>
public static unsafe class Descriptors
{
    /// <summary>Offset of the task state segment in <see cref="Cpu"/>; its RSP0 is <see cref="Cpu.FrameEnd"/>.</summary>
    public const uint TaskOffset = 0x1000;
    public const uint TableOffset = 0x1100;

    /// <summary>The I/O permission bitmap: two pages in the upper half of the area, and one byte of ones behind them.</summary>
    public const uint BitmapOffset = 0x1_0000;
    public const uint BitmapSize = 0x2000;

    private const uint TaskLimit = BitmapOffset - TaskOffset + BitmapSize;
    private const uint TaskStack0 = 0x04;
    private const uint TaskInterruptStack = 0x24;
    private const uint TaskBitmapBase = 0x66;

    private const ulong KernelCodeDescriptor = 0x00af_9b00_0000_ffff;
    private const ulong KernelDataDescriptor = 0x00cf_9300_0000_ffff;
    private const ulong UserDataDescriptor = 0x00cf_f300_0000_ffff;
    private const ulong UserCodeDescriptor = 0x00af_fb00_0000_ffff;
    private const ulong TaskType = 0x89;
    private const ulong TaskBusy = 0x02;
    private const uint TableLimit = Selectors.Task + 16 - 1;

    private const uint GateSize = 16;
    // As entry.S lays the stubs out.
    private const uint ExceptionStub = 16;
    private const uint InterruptStub = 4;
    private const uint InterruptGroup = 136;
    private const uint VectorCount = 256;
    private const ulong InterruptGate = 0x8e00;
    private const ulong UserGate = 0x6000;
    private const uint Breakpoint = 3;
    private const uint Overflow = 4;

    /// <summary>Boot CPU, once: makes the IDT out of the entry stubs. Gates for #BP and #OF are open to user mode.</summary>
    public static void MakeIdt()
    {
        ulong* gates = (ulong*)ImageLayout.Get()->Idt;
        for (uint vector = 0; vector < VectorCount; vector++)
        {
            ulong stub = StubOf(vector);
            ulong type = InterruptGate | (vector is Breakpoint or Overflow ? UserGate : 0) | StackOf(vector);
            gates[2 * vector] = (stub & 0xffff) | ((ulong)Selectors.KernelCode << 16) | (type << 32) | ((stub & 0xffff_0000) << 32);
            gates[(2 * vector) + 1] = stub >> 32;
        }
    }

    /// <summary>Fills in and loads the tables of the CPU that executes this. GS base and segments are set up by it too.</summary>
    public static void Load(Cpu* cpu)
    {
        byte* block = (byte*)cpu;
        ulong task = (ulong)block + TaskOffset;
        *(ulong*)(task + TaskStack0) = (ulong)block + AreaStackEnd;
        for (uint stack = InterruptStack.Nmi; stack <= InterruptStack.Debug; stack++)
            *(ulong*)(task + TaskInterruptStack + (8 * (stack - 1))) = (ulong)block + InterruptStackEnd(stack);

        *(ushort*)(task + TaskBitmapBase) = (ushort)(BitmapOffset - TaskOffset);

        ulong* table = (ulong*)(block + TableOffset);
        table[0] = 0;
        table[Selectors.KernelCode >> 3] = KernelCodeDescriptor;
        table[Selectors.KernelData >> 3] = KernelDataDescriptor;
        table[Selectors.UserBase >> 3] = 0;
        table[Selectors.UserData >> 3] = UserDataDescriptor;
        table[Selectors.UserCode >> 3] = UserCodeDescriptor;
        table[Selectors.Task >> 3] = (TaskLimit & 0xffff) | ((task & 0xff_ffff) << 16) | (TaskType << 40)
            | (((ulong)TaskLimit & 0xf_0000) << 32) | ((task & 0xff00_0000) << 32);
        table[(Selectors.Task >> 3) + 1] = task >> 32;

        cpu->Arch.Gdt.Base = table;
        cpu->Arch.Gdt.Limit = (ushort)TableLimit;
        Processor.LoadGdt(&cpu->Arch.Gdt);
        DescriptorTable place;
        place.Base = (void*)ImageLayout.Get()->Idt;
        place.Limit = (ushort)((VectorCount * GateSize) - 1);
        Processor.LoadIdt(&place);
        Processor.LoadTask(Selectors.Task);
        Msr.Write(Msr.IA32_FS_BASE, 0);
        Msr.Write(Msr.IA32_GS_BASE, (ulong)cpu);
        Msr.Write(Msr.IA32_KERNEL_GS_BASE, 0);
    }

    /// <summary>Gives the task state segment its full limit back.</summary>
    public static void ReloadTask(Cpu* cpu)
    {
        // LTR wants a segment that is not busy.
        ulong* table = (ulong*)((byte*)cpu + TableOffset);
        table[Selectors.Task >> 3] &= ~(TaskBusy << 40);
        Processor.LoadTask(Selectors.Task);
        cpu->Arch.IsTaskCut = 0;
        cpu->Guests.Ready = null;
    }

    /// <summary>Programs the system call instructions. User flags that must not reach the kernel are cleared on entry.</summary>
    public static void EnableSystemCalls()
    {
        // TF, IF, DF, IOPL, NT, AC and the status flags.
        const ulong ClearedFlags = 0x4_7fd5;
        Msr.Write(Msr.IA32_STAR, ((ulong)Selectors.UserBase << 48) | ((ulong)Selectors.KernelCode << 32));
        Msr.Write(Msr.IA32_LSTAR, ImageLayout.Get()->SyscallEntry);
        Msr.Write(Msr.IA32_CSTAR, 0);
        Msr.Write(Msr.IA32_FMASK, ClearedFlags);
    }

    /// <summary>Offset of a CPU's kernel stack's end in its area.</summary>
    public const uint AreaStackEnd = 0x8000;

    /// <summary>Offset of the end of a stack of the interrupt stack table: pages 9, 11, 13 and 15, between guards.</summary>
    public static uint InterruptStackEnd(uint stack) => 0x8000 + (stack * 0x2000);

    private static ulong StubOf(uint vector)
    {
        uint interrupt = vector - Vectors.Exceptions;
        return vector < Vectors.Exceptions
            ? ImageLayout.Get()->ExceptionStubs + (vector * ExceptionStub)
            : ImageLayout.Get()->InterruptStubs + (interrupt / 32 * InterruptGroup) + (interrupt % 32 * InterruptStub);
    }

    private static ulong StackOf(uint vector) => vector switch
    {
        1 => InterruptStack.Debug,
        2 => InterruptStack.Nmi,
        8 => InterruptStack.DoubleFault,
        18 => InterruptStack.MachineCheck,
        _ => InterruptStack.None,
    };
}
