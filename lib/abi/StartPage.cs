using System.Runtime.InteropServices;

namespace Kilonova.Abi;

// What a parent prepares for a component before its first instruction. docs/components.md, "What a component finds".

/// <summary>Fixed addresses in a component's memory, in bytes.</summary>
public static class ComponentLayout
{
    /// <summary>The start-up page, read-only.</summary>
    public const ulong StartPage = 0x0800_0000;

    /// <summary>The log page, <see cref="LogLayout"/>.</summary>
    public const ulong LogPage = 0x0800_1000;

    /// <summary>The component's counters.</summary>
    public const ulong CounterPage = 0x0800_2000;

    /// <summary>The first thread's region: block, UTCB, guard page, stack. Those of further threads follow, up to the image.</summary>
    public const ulong FirstRegion = 0x0801_0000;

    /// <summary>Where images are linked. The heap that the start-up page announces comes behind.</summary>
    public const ulong Image = 0x1000_0000;


    /// <summary>The kernel that a monitor is to start, read-only.</summary>
    public const ulong GuestKernel = 0x2800_0000_0000;

    /// <summary>The initial RAM disk of that kernel, read-only.</summary>
    public const ulong GuestDisk = 0x2900_0000_0000;

    /// <summary>A granted device register page lies here plus its physical address.</summary>
    public const ulong Devices = 0x3000_0000_0000;

    /// <summary>The memory of a monitor's guest, one piece, and behind it the monitor's tail.</summary>
    public const ulong GuestMemory = 0x4000_0000_0000;

    /// <summary>From here on lies what the component maps itself: dataspaces and what else it asks for.</summary>
    public const ulong Mappings = 0x5000_0000_0000;

    /// <summary>First address behind that.</summary>
    public const ulong EndOfMappings = 0x6000_0000_0000;
}

/// <summary>Where a component's capabilities lie.</summary>
public static class ComponentSelectors
{
    /// <summary>Selectors per CPU from 0 on: events first, as many as the start-up page says.</summary>
    public const ulong PerCpu = 64;

    /// <summary>Distance of the parent's portal from the first selector of its CPU.</summary>
    public const ulong Parent = 48;

    /// <summary>First selector above those of CPUs.</summary>
    public const ulong Own = 0x1_0000;

    /// <summary>The component's protection domain: it may create threads, portals and semaphores, and what its line grants.</summary>
    public const ulong Domain = Own;

    /// <summary>Its object space.</summary>
    public const ulong ObjectSpace = Own + 1;

    /// <summary>Its host space.</summary>
    public const ulong HostSpace = Own + 2;

    /// <summary>Its port space.</summary>
    public const ulong PioSpace = Own + 3;

    /// <summary>Its first thread.</summary>
    public const ulong Thread = Own + 4;

    /// <summary>To be upped after a line was put into the log page.</summary>
    public const ulong LogWritten = Own + 5;

    /// <summary>Left for a semaphore that nobody ups.</summary>
    public const ulong Never = Own + 6;

    /// <summary>A monitor's guest space, empty.</summary>
    public const ulong GuestSpace = Own + 7;

    /// <summary>The ports that a monitor's guest reaches by itself: none, unless somebody delegates some.</summary>
    public const ulong GuestPorts = Own + 8;

    /// <summary>The model-specific registers that a monitor's guest reaches by itself.</summary>
    public const ulong GuestMsrs = Own + 9;

    /// <summary>A monitor's semaphore: upped when there are new <see cref="StartPage.GuestOrders"/>, and by the monitor itself.</summary>
    public const ulong GuestOrdered = Own + 10;

    /// <summary>Left for the thread that starts threads of the first CPU; one per further CPU follows.</summary>
    public const ulong Starters = Own - 0x100;

    /// <summary>Semaphores of the granted interrupts, in the order of the manifest.</summary>
    public const ulong Interrupts = Own + 0x20;

    /// <summary>Most interrupts.</summary>
    public const int MaxInterrupts = 32;

    /// <summary>From here on selectors are the component's own business.</summary>
    public const ulong FirstFree = Own + 0x40;

    /// <summary>First selector of a CPU.</summary>
    public static ulong OfCpu(uint cpu) => cpu * PerCpu;
}

/// <summary>The start-up page. Texts are UTF-8 and follow at fixed offsets.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public struct StartPage
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 4096;

    /// <summary><see cref="Magic"/>: "KNSTART1".</summary>
    public const ulong ExpectedMagic = 0x3154_5241_5453_4e4b;

    /// <summary>Most CPUs that a component can use.</summary>
    public const int MaxCpus = 64;

    /// <summary>Offset of the component's name.</summary>
    public const int NameOffset = 0x100;

    /// <summary>Longest name in bytes.</summary>
    public const int MaxName = 32;

    /// <summary>Offset of the arguments.</summary>
    public const int ArgumentsOffset = 0x200;

    /// <summary>Longest arguments in bytes.</summary>
    public const int MaxArguments = 0x800;

    /// <summary>Offset of the command line of a monitor's guest.</summary>
    public const int CommandLineOffset = 0xa00;

    /// <summary>Longest command line in bytes.</summary>
    public const int MaxCommandLine = 0x600;

    /// <summary>Says that this is a start-up page of this layout.</summary>
    [FieldOffset(0x00)]
    public ulong Magic;

    /// <summary>Frequency of the system time counter in Hz.</summary>
    [FieldOffset(0x08)]
    public ulong StcFrequency;

    /// <summary>CPUs on which the component may have threads, a bit each.</summary>
    [FieldOffset(0x10)]
    public ulong Cpus;

    /// <summary>What kernel and platform can do.</summary>
    [FieldOffset(0x18)]
    public PlatformFeatures Features;

    /// <summary>First byte of the heap.</summary>
    [FieldOffset(0x20)]
    public ulong HeapStart;

    /// <summary>First byte behind the heap.</summary>
    [FieldOffset(0x28)]
    public ulong HeapEnd;

    /// <summary>The CPU of the first thread.</summary>
    [FieldOffset(0x30)]
    public uint Cpu;

    /// <summary>SELHST/ARCH: number of selectors for exceptions.</summary>
    [FieldOffset(0x34)]
    public uint HostArchitecturalEvents;

    /// <summary>Bytes of name.</summary>
    [FieldOffset(0x38)]
    public uint NameLength;

    /// <summary>Bytes of arguments.</summary>
    [FieldOffset(0x3c)]
    public uint ArgumentsLength;

    /// <summary>How often the component was started, this time included.</summary>
    [FieldOffset(0x40)]
    public ulong Life;

    /// <summary>Lowest mapped byte of the first thread's stack.</summary>
    [FieldOffset(0x48)]
    public ulong StackLow;

    /// <summary>Raised by the parent each time it has something for <c>TakeClosed</c> or <c>TakeShared</c>, before it rings the bell.</summary>
    [FieldOffset(0x50)]
    public ulong Attention;

    /// <summary>Bytes of memory of the guest; 0 for a component that is no monitor.</summary>
    [FieldOffset(0x58)]
    public ulong GuestMemory;

    /// <summary>Bytes of the guest's kernel.</summary>
    [FieldOffset(0x60)]
    public ulong GuestKernelLength;

    /// <summary>Bytes of the guest's initial RAM disk.</summary>
    [FieldOffset(0x68)]
    public ulong GuestDiskLength;

    /// <summary>Virtual CPUs of the guest.</summary>
    [FieldOffset(0x70)]
    public uint VirtualCpus;

    /// <summary>Bytes of the guest's command line.</summary>
    [FieldOffset(0x74)]
    public uint CommandLineLength;

    /// <summary>Priority of the component's first thread.</summary>
    [FieldOffset(0x78)]
    public uint Priority;

    /// <summary>Where the guest's kernel begins, in bytes from <see cref="ComponentLayout.GuestKernel"/>.</summary>
    [FieldOffset(0x7c)]
    public uint GuestKernelOffset;

    /// <summary>Where the guest's initial RAM disk begins, in bytes from <see cref="ComponentLayout.GuestDisk"/>.</summary>
    [FieldOffset(0x80)]
    public uint GuestDiskOffset;

    /// <summary>Physical address of the display that the line grants.</summary>
    [FieldOffset(0x88)]
    public ulong DisplayAddress;

    /// <summary>What kind of display it is.</summary>
    [FieldOffset(0x90)]
    public DisplayKind DisplayKind;

    /// <summary>Bytes from one line of the display to the next.</summary>
    [FieldOffset(0x94)]
    public uint DisplayPitch;

    /// <summary>Pixels or characters of a line.</summary>
    [FieldOffset(0x98)]
    public uint DisplayWidth;

    /// <summary>Lines of pixels or characters.</summary>
    [FieldOffset(0x9c)]
    public uint DisplayHeight;

    /// <summary>Lowest bits of red (bits 7-0), green (15-8) and blue (23-16) in a pixel.</summary>
    [FieldOffset(0xa0)]
    public uint DisplayColours;

    /// <summary>Number of the dataspace that guest memory and tail are, in this order; 0 for a component that is no monitor.</summary>
    [FieldOffset(0xa8)]
    public ulong GuestDataspace;

    /// <summary>Bytes behind guest memory that only the monitor sees, and whom it shares the dataspace with.</summary>
    [FieldOffset(0xb0)]
    public ulong GuestTail;

    /// <summary>
    /// What is wanted of the guest, as <see cref="Kilonova.Abi.GuestOrders"/> lays it out. The parent changes it at any time, then ups
    /// <see cref="ComponentSelectors.GuestOrdered"/>.
    /// </summary>
    [FieldOffset(0xb8)]
    public ulong GuestOrders;
}

/// <summary>
/// The word by which a parent tells a monitor what is wanted of its guest: what is to be so, and how often something was asked for. So
/// nothing is lost when orders come faster than they are followed. A new life begins with 0.
/// </summary>
public static class GuestOrders
{
    /// <summary>The virtual CPUs stand still.</summary>
    public const ulong Paused = 1 << 0;

    /// <summary>The machine is to be reset.</summary>
    public const ulong Reset = 1 << 1;

    /// <summary>The machine is to be switched off.</summary>
    public const ulong Off = 1 << 2;

    /// <summary>From here on: how often the power button was pressed.</summary>
    public const int PressesShift = 32;
}

/// <summary>What firmware and boot loader left to show something on.</summary>
public enum DisplayKind : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A PC's text mode: two bytes a character, code and colours.</summary>
    Text = 1,

    /// <summary>A framebuffer with pixels of 32 bits.</summary>
    Pixels = 2,
}

/// <summary>
/// The log page: a head, then slots of one line each. A writer takes the next number by adding 1 to the head, fills the slot of that
/// number, and stores the number plus 1 as the slot's sequence last. Nobody waits for readers; who comes too late finds another sequence.
/// </summary>
public static class LogLayout
{
    /// <summary>Offset of the head: lines ever begun, 32 bits.</summary>
    public const int Head = 0;

    /// <summary>Bytes of a slot; the head takes one.</summary>
    public const int SlotSize = 128;

    /// <summary>Lines that are kept.</summary>
    public const uint Slots = 31;

    /// <summary>Offset in a slot: sequence, 32 bits; 0 while it is written.</summary>
    public const int Sequence = 0;

    /// <summary>Offset in a slot: bytes of text, 16 bits.</summary>
    public const int Length = 4;

    /// <summary>Offset in a slot: <see cref="Continued"/> or 0, and the level from bit <see cref="LevelShift"/> on; 16 bits.</summary>
    public const int Flags = 6;

    /// <summary>Offset in a slot: system time counter, 64 bits.</summary>
    public const int Time = 8;

    /// <summary>Offset in a slot: the text.</summary>
    public const int Text = 16;

    /// <summary>Longest text of a slot.</summary>
    public const int MaxText = SlotSize - Text;

    /// <summary>The line goes on in the next slot of the same writer.</summary>
    public const int Continued = 1;

    /// <summary>Where the level stands in the flags.</summary>
    public const int LevelShift = 1;
}

/// <summary>
/// The page of counters: a head, then entries of a value and a name. A counter is there once the head counts it, and stays; its value may
/// change at any time.
/// </summary>
public static class CounterLayout
{
    /// <summary>Offset of the head: counters that there are, 32 bits.</summary>
    public const int Head = 0;

    /// <summary>Bytes of an entry; the head takes one.</summary>
    public const int EntrySize = 64;

    /// <summary>Most counters.</summary>
    public const int MaxCounters = 63;

    /// <summary>Offset in an entry: the value, 64 bits.</summary>
    public const int Value = 0;

    /// <summary>Offset in an entry: bytes of name, 16 bits.</summary>
    public const int Length = 8;

    /// <summary>Offset in an entry: the name, printable ASCII.</summary>
    public const int Name = 16;

    /// <summary>Longest name.</summary>
    public const int MaxName = EntrySize - Name;
}

/// <summary>What a line of a log is worth.</summary>
public enum LogLevel : uint
{
    /// <summary>What happens as it should.</summary>
    Information = 0,

    /// <summary>What somebody should look at.</summary>
    Warning = 1,

    /// <summary>What went wrong.</summary>
    Error = 2,

    /// <summary>For whoever looks for a mistake.</summary>
    Debug = 3,
}
