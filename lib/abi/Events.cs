namespace Kilonova.Abi;

// Event selectors: the portal of an event lies at the execution context's SELEVT plus the number here.
// NOVA interface specification of 24 January 2024, section 8.6. SVM is left open there; the numbers for it are an extension.

/// <summary>Host exceptions, section 8.6.1. Numbers that are missing up to 0x1f are reserved.</summary>
public static class HostEvent
{
    /// <summary>#DE: Divide error.</summary>
    public const uint DE = 0x00;

    /// <summary>#DB: Debug exception.</summary>
    public const uint DB = 0x01;

    /// <summary>#BP: Breakpoint.</summary>
    public const uint BP = 0x03;

    /// <summary>#OF: Overflow.</summary>
    public const uint OF = 0x04;

    /// <summary>#BR: BOUND range exceeded.</summary>
    public const uint BR = 0x05;

    /// <summary>#UD: Invalid opcode.</summary>
    public const uint UD = 0x06;

    /// <summary>#NM: Device not available; may be handled by the kernel.</summary>
    public const uint NM = 0x07;

    /// <summary>#DF: Double fault; may be handled by the kernel.</summary>
    public const uint DF = 0x08;

    /// <summary>#TS: Invalid TSS; may be handled by the kernel.</summary>
    public const uint TS = 0x0a;

    /// <summary>#NP: Segment not present.</summary>
    public const uint NP = 0x0b;

    /// <summary>#SS: Stack fault.</summary>
    public const uint SS = 0x0c;

    /// <summary>#GP: General protection.</summary>
    public const uint GP = 0x0d;

    /// <summary>#PF: Page fault.</summary>
    public const uint PF = 0x0e;

    /// <summary>#MF: x87 floating-point error.</summary>
    public const uint MF = 0x10;

    /// <summary>#AC: Alignment check.</summary>
    public const uint AC = 0x11;

    /// <summary>#MC: Machine check; may be handled by the kernel.</summary>
    public const uint MC = 0x12;

    /// <summary>#XM: SIMD floating-point exception.</summary>
    public const uint XM = 0x13;

    /// <summary>#VE: Virtualization exception.</summary>
    public const uint VE = 0x14;

    /// <summary>#CP: Control protection.</summary>
    public const uint CP = 0x15;

    /// <summary>SELHST/ARCH: number of selectors for host exceptions. Programs read it from the HIP.</summary>
    public const uint Count = 0x20;
}

/// <summary>Events of the microhypervisor, counted from SELHST/ARCH or SELGST/ARCH, section 8.6.2.</summary>
public static class MicrohypervisorEvent
{
    /// <summary>A global thread or virtual CPU got its first scheduling context.</summary>
    public const uint Startup = 0;

    /// <summary>ctrl_ec recalled the execution context.</summary>
    public const uint Recall = 1;

    /// <summary>SELHST/NOVA and SELGST/NOVA: number of selectors. Programs read it from the HIP.</summary>
    public const uint Count = 2;
}

/// <summary>What guest events of both vendors share.</summary>
public static class GuestEvent
{
    /// <summary>SELGST/ARCH: number of selectors for intercepts. Programs read it from the HIP.</summary>
    public const uint Count = 0x100;
}

/// <summary>Guest intercepts on Intel VMX: the basic exit reasons, section 8.6.1. Missing numbers are reserved.</summary>
public static class VmxEvent
{
    /// <summary>Exception or NMI.</summary>
    public const uint ExceptionOrNmi = 0x00;

    /// <summary>External interrupt.</summary>
    public const uint ExternalInterrupt = 0x01;

    /// <summary>Triple fault.</summary>
    public const uint TripleFault = 0x02;

    /// <summary>INIT.</summary>
    public const uint Init = 0x03;

    /// <summary>SIPI.</summary>
    public const uint Sipi = 0x04;

    /// <summary>I/O SMI.</summary>
    public const uint IoSmi = 0x05;

    /// <summary>Other SMI.</summary>
    public const uint OtherSmi = 0x06;

    /// <summary>Interrupt window.</summary>
    public const uint InterruptWindow = 0x07;

    /// <summary>NMI window.</summary>
    public const uint NmiWindow = 0x08;

    /// <summary>Task switch.</summary>
    public const uint TaskSwitch = 0x09;

    /// <summary>CPUID.</summary>
    public const uint Cpuid = 0x0a;

    /// <summary>GETSEC.</summary>
    public const uint Getsec = 0x0b;

    /// <summary>HLT.</summary>
    public const uint Hlt = 0x0c;

    /// <summary>INVD.</summary>
    public const uint Invd = 0x0d;

    /// <summary>INVLPG.</summary>
    public const uint Invlpg = 0x0e;

    /// <summary>RDPMC.</summary>
    public const uint Rdpmc = 0x0f;

    /// <summary>RDTSC.</summary>
    public const uint Rdtsc = 0x10;

    /// <summary>RSM.</summary>
    public const uint Rsm = 0x11;

    /// <summary>VMCALL.</summary>
    public const uint Vmcall = 0x12;

    /// <summary>VMCLEAR.</summary>
    public const uint Vmclear = 0x13;

    /// <summary>VMLAUNCH.</summary>
    public const uint Vmlaunch = 0x14;

    /// <summary>VMPTRLD.</summary>
    public const uint Vmptrld = 0x15;

    /// <summary>VMPTRST.</summary>
    public const uint Vmptrst = 0x16;

    /// <summary>VMREAD.</summary>
    public const uint Vmread = 0x17;

    /// <summary>VMRESUME.</summary>
    public const uint Vmresume = 0x18;

    /// <summary>VMWRITE.</summary>
    public const uint Vmwrite = 0x19;

    /// <summary>VMXOFF.</summary>
    public const uint Vmxoff = 0x1a;

    /// <summary>VMXON.</summary>
    public const uint Vmxon = 0x1b;

    /// <summary>Control register access.</summary>
    public const uint CrAccess = 0x1c;

    /// <summary>Debug register access.</summary>
    public const uint DrAccess = 0x1d;

    /// <summary>I/O access.</summary>
    public const uint IoAccess = 0x1e;

    /// <summary>RDMSR.</summary>
    public const uint Rdmsr = 0x1f;

    /// <summary>WRMSR.</summary>
    public const uint Wrmsr = 0x20;

    /// <summary>VM entry failure, guest state.</summary>
    public const uint EntryFailureState = 0x21;

    /// <summary>VM entry failure, MSR loading.</summary>
    public const uint EntryFailureMsr = 0x22;

    /// <summary>MWAIT.</summary>
    public const uint Mwait = 0x24;

    /// <summary>Monitor trap flag.</summary>
    public const uint Mtf = 0x25;

    /// <summary>MONITOR.</summary>
    public const uint Monitor = 0x27;

    /// <summary>PAUSE.</summary>
    public const uint Pause = 0x28;

    /// <summary>VM entry failure, machine check.</summary>
    public const uint EntryFailureMce = 0x29;

    /// <summary>TPR below threshold.</summary>
    public const uint TprBelowThreshold = 0x2b;

    /// <summary>APIC access.</summary>
    public const uint ApicAccess = 0x2c;

    /// <summary>Virtualized EOI.</summary>
    public const uint VirtualizedEoi = 0x2d;

    /// <summary>GDTR or IDTR access.</summary>
    public const uint GdtrIdtrAccess = 0x2e;

    /// <summary>LDTR or TR access.</summary>
    public const uint LdtrTrAccess = 0x2f;

    /// <summary>EPT violation.</summary>
    public const uint EptViolation = 0x30;

    /// <summary>EPT misconfiguration.</summary>
    public const uint EptMisconfiguration = 0x31;

    /// <summary>INVEPT.</summary>
    public const uint Invept = 0x32;

    /// <summary>RDTSCP.</summary>
    public const uint Rdtscp = 0x33;

    /// <summary>Preemption timer.</summary>
    public const uint PreemptionTimer = 0x34;

    /// <summary>INVVPID.</summary>
    public const uint Invvpid = 0x35;

    /// <summary>WBINVD, WBNOINVD.</summary>
    public const uint Wbinvd = 0x36;

    /// <summary>XSETBV.</summary>
    public const uint Xsetbv = 0x37;

    /// <summary>APIC write.</summary>
    public const uint ApicWrite = 0x38;

    /// <summary>RDRAND.</summary>
    public const uint Rdrand = 0x39;

    /// <summary>INVPCID.</summary>
    public const uint Invpcid = 0x3a;

    /// <summary>VMFUNC.</summary>
    public const uint Vmfunc = 0x3b;

    /// <summary>ENCLS.</summary>
    public const uint Encls = 0x3c;

    /// <summary>RDSEED.</summary>
    public const uint Rdseed = 0x3d;

    /// <summary>PML log full.</summary>
    public const uint PmlLogFull = 0x3e;

    /// <summary>XSAVES.</summary>
    public const uint Xsaves = 0x3f;

    /// <summary>XRSTORS.</summary>
    public const uint Xrstors = 0x40;

    /// <summary>PCONFIG.</summary>
    public const uint Pconfig = 0x41;

    /// <summary>SPP miss or misconfiguration.</summary>
    public const uint SppMiss = 0x42;

    /// <summary>UMWAIT.</summary>
    public const uint Umwait = 0x43;

    /// <summary>TPAUSE.</summary>
    public const uint Tpause = 0x44;

    /// <summary>LOADIWKEY.</summary>
    public const uint Loadiwkey = 0x45;

    /// <summary>ENCLV.</summary>
    public const uint Enclv = 0x46;

    /// <summary>ENQCMD PASID failure.</summary>
    public const uint EnqcmdPasid = 0x48;

    /// <summary>ENQCMDS PASID failure.</summary>
    public const uint EnqcmdsPasid = 0x49;

    /// <summary>Bus lock.</summary>
    public const uint BusLock = 0x4a;

    /// <summary>Instruction timeout.</summary>
    public const uint InstructionTimeout = 0x4b;

    /// <summary>SEAMCALL.</summary>
    public const uint Seamcall = 0x4c;

    /// <summary>TDCALL.</summary>
    public const uint Tdcall = 0x4d;

    /// <summary>RDMSRLIST.</summary>
    public const uint Rdmsrlist = 0x4e;

    /// <summary>WRMSRLIST.</summary>
    public const uint Wrmsrlist = 0x4f;

    /// <summary>URDMSR.</summary>
    public const uint Urdmsr = 0x50;

    /// <summary>UWRMSR.</summary>
    public const uint Uwrmsr = 0x51;
}

/// <summary>
/// Guest intercepts on AMD SVM, an extension: the exit code is the number, except for the two codes that lie outside of 8 bits.
/// </summary>
public static class SvmEvent
{
    /// <summary>Read of control register 0; those of the others follow.</summary>
    public const uint ReadCr = 0x00;

    /// <summary>Write of control register 0; those of the others follow.</summary>
    public const uint WriteCr = 0x10;

    /// <summary>Read of debug register 0; those of the others follow.</summary>
    public const uint ReadDr = 0x20;

    /// <summary>Write of debug register 0; those of the others follow.</summary>
    public const uint WriteDr = 0x30;

    /// <summary>Exception 0; the others follow by vector.</summary>
    public const uint Exception = 0x40;

    /// <summary>An NMI can be delivered. Physical NMIs are the kernel's.</summary>
    public const uint NmiWindow = 0x61;

    /// <summary>An interrupt can be delivered (VINTR).</summary>
    public const uint InterruptWindow = 0x64;

    /// <summary>Write of CR0 that changes more than TS and MP.</summary>
    public const uint SelectiveCr0 = 0x65;

    /// <summary>SIDT.</summary>
    public const uint ReadIdtr = 0x66;

    /// <summary>SGDT.</summary>
    public const uint ReadGdtr = 0x67;

    /// <summary>SLDT.</summary>
    public const uint ReadLdtr = 0x68;

    /// <summary>STR.</summary>
    public const uint ReadTr = 0x69;

    /// <summary>LIDT.</summary>
    public const uint WriteIdtr = 0x6a;

    /// <summary>LGDT.</summary>
    public const uint WriteGdtr = 0x6b;

    /// <summary>LLDT.</summary>
    public const uint WriteLdtr = 0x6c;

    /// <summary>LTR.</summary>
    public const uint WriteTr = 0x6d;

    /// <summary>RDTSC.</summary>
    public const uint Rdtsc = 0x6e;

    /// <summary>RDPMC.</summary>
    public const uint Rdpmc = 0x6f;

    /// <summary>PUSHF.</summary>
    public const uint Pushf = 0x70;

    /// <summary>POPF.</summary>
    public const uint Popf = 0x71;

    /// <summary>CPUID.</summary>
    public const uint Cpuid = 0x72;

    /// <summary>RSM.</summary>
    public const uint Rsm = 0x73;

    /// <summary>IRET.</summary>
    public const uint Iret = 0x74;

    /// <summary>INT n.</summary>
    public const uint Int = 0x75;

    /// <summary>INVD.</summary>
    public const uint Invd = 0x76;

    /// <summary>PAUSE.</summary>
    public const uint Pause = 0x77;

    /// <summary>HLT.</summary>
    public const uint Hlt = 0x78;

    /// <summary>INVLPG.</summary>
    public const uint Invlpg = 0x79;

    /// <summary>INVLPGA.</summary>
    public const uint Invlpga = 0x7a;

    /// <summary>IN, OUT, INS, OUTS.</summary>
    public const uint Io = 0x7b;

    /// <summary>RDMSR (EXITINFO1 0) or WRMSR (1).</summary>
    public const uint Msr = 0x7c;

    /// <summary>Task switch.</summary>
    public const uint TaskSwitch = 0x7d;

    /// <summary>FP error freeze.</summary>
    public const uint FerrFreeze = 0x7e;

    /// <summary>Triple fault.</summary>
    public const uint Shutdown = 0x7f;

    /// <summary>VMRUN.</summary>
    public const uint Vmrun = 0x80;

    /// <summary>VMMCALL.</summary>
    public const uint Vmmcall = 0x81;

    /// <summary>VMLOAD.</summary>
    public const uint Vmload = 0x82;

    /// <summary>VMSAVE.</summary>
    public const uint Vmsave = 0x83;

    /// <summary>STGI.</summary>
    public const uint Stgi = 0x84;

    /// <summary>CLGI.</summary>
    public const uint Clgi = 0x85;

    /// <summary>SKINIT.</summary>
    public const uint Skinit = 0x86;

    /// <summary>RDTSCP.</summary>
    public const uint Rdtscp = 0x87;

    /// <summary>INT1.</summary>
    public const uint Icebp = 0x88;

    /// <summary>WBINVD, WBNOINVD.</summary>
    public const uint Wbinvd = 0x89;

    /// <summary>MONITOR.</summary>
    public const uint Monitor = 0x8a;

    /// <summary>MWAIT.</summary>
    public const uint Mwait = 0x8b;

    /// <summary>MWAIT with the monitor armed.</summary>
    public const uint MwaitArmed = 0x8c;

    /// <summary>XSETBV.</summary>
    public const uint Xsetbv = 0x8d;

    /// <summary>RDPRU.</summary>
    public const uint Rdpru = 0x8e;

    /// <summary>EFER has been written.</summary>
    public const uint WroteEfer = 0x8f;

    /// <summary>Control register 0 has been written; those of the others follow.</summary>
    public const uint WroteCr = 0x90;

    /// <summary>INVPCID.</summary>
    public const uint Invpcid = 0xa2;

    /// <summary>Bus lock.</summary>
    public const uint BusLock = 0xa5;

    /// <summary>HLT without a virtual interrupt.</summary>
    public const uint IdleHlt = 0xa6;

    /// <summary>The largest exit code that is its own event number.</summary>
    public const uint LastDirect = 0xfb;

    /// <summary>Nested page fault, exit code 0x400.</summary>
    public const uint NestedPageFault = 0xfc;

    /// <summary>VMEXIT_INVALID: the guest state was refused.</summary>
    public const uint Invalid = 0xfd;
}
