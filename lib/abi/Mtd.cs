using System;

namespace Kilonova.Abi;

/// <summary>
/// The message transfer descriptor of events: which state goes between registers and <see cref="ArchitecturalState"/>.
/// NOVA interface specification of 24 January 2024, section 8.7.4 (r: into the UTCB, w: from the UTCB).
/// </summary>
[Flags]
public enum Mtd : uint
{
    /// <summary>Nothing is transferred.</summary>
    None = 0,

    /// <summary>w: kills the execution context.</summary>
    POISON = 1u << 0,

    /// <summary>rw: R0 to R7 (RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI).</summary>
    GPR0_7 = 1u << 1,

    /// <summary>rw: R8 to R15.</summary>
    GPR8_15 = 1u << 2,

    /// <summary>rw: RFLAGS; of a host EC only status and control flags are writable.</summary>
    RFLAGS = 1u << 3,

    /// <summary>rw: RIP; of a guest EC also instruction length and information.</summary>
    RIP = 1u << 4,

    /// <summary>rw, guest: interruptibility and activity state.</summary>
    STA = 1u << 5,

    /// <summary>r: qualifications.</summary>
    QUAL = 1u << 6,

    /// <summary>w, guest: execution controls, CR and exception intercepts, page-fault error mask and match.</summary>
    CTRL = 1u << 7,

    /// <summary>w, guest: TPR threshold.</summary>
    TPR = 1u << 8,

    /// <summary>rw, guest: interruption information and error; r: IDT vectoring information and error.</summary>
    INJ = 1u << 9,

    /// <summary>rw, guest: CS and SS.</summary>
    CS_SS = 1u << 10,

    /// <summary>rw, guest: DS and ES.</summary>
    DS_ES = 1u << 11,

    /// <summary>rw, guest: FS and GS.</summary>
    FS_GS = 1u << 12,

    /// <summary>rw, guest: TR.</summary>
    TR = 1u << 13,

    /// <summary>rw, guest: LDTR.</summary>
    LDTR = 1u << 14,

    /// <summary>rw, guest: GDTR.</summary>
    GDTR = 1u << 15,

    /// <summary>rw, guest: IDTR.</summary>
    IDTR = 1u << 16,

    /// <summary>rw, guest: PDPTE0 to PDPTE3.</summary>
    PDPTE = 1u << 17,

    /// <summary>rw, guest: CR0, CR2, CR3, CR4, CR8.</summary>
    CR = 1u << 18,

    /// <summary>rw, guest: DR7.</summary>
    DR = 1u << 19,

    /// <summary>rw, guest: XCR0 and IA32_XSS.</summary>
    XSAVE = 1u << 20,

    /// <summary>w, guest: IA32_APIC_BASE.</summary>
    APIC = 1u << 21,

    /// <summary>rw, guest: IA32_STAR, IA32_LSTAR, IA32_FMASK.</summary>
    SYSCALL = 1u << 22,

    /// <summary>rw, guest: IA32_SYSENTER_CS, IA32_SYSENTER_ESP, IA32_SYSENTER_EIP.</summary>
    SYSENTER = 1u << 23,

    /// <summary>rw, guest: IA32_PAT.</summary>
    PAT = 1u << 24,

    /// <summary>rw, guest: IA32_EFER.</summary>
    EFER = 1u << 25,

    /// <summary>rw, guest: IA32_KERNEL_GS_BASE.</summary>
    KERNEL_GS = 1u << 26,

    /// <summary>rw, guest: IA32_TSC_AUX.</summary>
    TSC = 1u << 27,

    /// <summary>w, guest: invalidates the virtual CPU's TLB.</summary>
    TLB = 1u << 29,

    /// <summary>Named in the layout; the specification's table gives it no UTCB field, so nothing is transferred.</summary>
    FPU = 1u << 30,

    /// <summary>w, guest: assigns the guest, port and MSR spaces named by SEL_GST, SEL_PIO, SEL_MSR.</summary>
    SPACES = 1u << 31,
}
