/* Instructions that C# cannot express, one routine each, in the System V calling convention. */

        .text

.macro ROUTINE name
        .balign 4
        .globl  \name
        .type   \name, @function
\name:
.endm

/* An instruction, and what brings operands where it wants them. */
.macro LEAF name, instructions:vararg
ROUTINE \name
        .irp    instruction, \instructions
        \instruction
        .endr
        ret
.endm

LEAF port_read_8, "mov %edi, %edx", "xor %eax, %eax", "in %dx, %al"
LEAF port_read_16, "mov %edi, %edx", "xor %eax, %eax", "in %dx, %ax"
LEAF port_read_32, "mov %edi, %edx", "in %dx, %eax"
LEAF port_write_8, "mov %edi, %edx", "mov %esi, %eax", "out %al, %dx"
LEAF port_write_16, "mov %edi, %edx", "mov %esi, %eax", "out %ax, %dx"
LEAF port_write_32, "mov %edi, %edx", "mov %esi, %eax", "out %eax, %dx"

ROUTINE msr_read
        mov     %edi, %ecx
        rdmsr
        jmp     join_halves
/* x2APIC and TSC deadline registers are written without serialisation: what was stored before must be visible first. */
ROUTINE msr_write_ordered
        mfence
        lfence
LEAF msr_write, "call split_halves", "wrmsr"
/* EDI, RSI: number and value of a register; into ECX, EDX and EAX. */
split_halves:
        mov     %edi, %ecx
        mov     %esi, %eax
        mov     %rsi, %rdx
        shr     $32, %rdx
        ret
/* RDMSR and WRMSR that may be refused: at a general protection fault between msr_access and msr_access_end Exceptions continues at
   msr_failed. EDI: register, RSI: where its value goes, or the value. EAX: 1, or 0 when the register does not exist. */
        .globl  msr_access, msr_access_end
msr_access:
ROUTINE msr_try_read
        mov     %edi, %ecx
        rdmsr
        mov     %eax, (%rsi)
        mov     %edx, 4(%rsi)
        mov     $1, %eax
        ret
LEAF msr_try_write, "call split_halves", "wrmsr", "mov $1, %eax"
msr_access_end:
LEAF msr_failed, "xor %eax, %eax"

.irp register, cr0, cr2, cr3, cr4, dr6
LEAF \register\()_read, "mov %\register, %rax"
.endr
.irp register, cr0, cr3, cr4, dr6, dr7
LEAF \register\()_write, "mov %rdi, %\register"
.endr

/* EDI: leaf, ESI: subleaf, RDX: four 32-bit words for EAX, EBX, ECX, EDX. */
ROUTINE cpu_identify
        push    %rbx
        mov     %rdx, %r8
        mov     %edi, %eax
        mov     %esi, %ecx
        cpuid
        mov     %eax, (%r8)
        mov     %ebx, 4(%r8)
        mov     %ecx, 8(%r8)
        mov     %edx, 12(%r8)
        pop     %rbx
        ret

/* Neither earlier loads nor the caller's later instructions move across the second one. */
ROUTINE tsc_read
        rdtsc
        jmp     join_halves
ROUTINE tsc_read_ordered
        lfence
        rdtsc
        lfence
join_halves:
        shl     $32, %rdx
        or      %rdx, %rax
        ret

/* RDI: limit and base of the descriptor table. CS is reloaded by a far return, data segments become null. */
ROUTINE gdt_load
        lgdt    (%rdi)
        xor     %eax, %eax
        .irp    segment, ds, es, fs, gs
        mov     %eax, %\segment
        .endr
        mov     $0x10, %eax
        mov     %eax, %ss
        pop     %rax
        push    $0x08
        push    %rax
        lretq
LEAF idt_load, "lidt (%rdi)"
LEAF task_load, "ltr %di"

/* RBP belongs to the caller here: compiled functions that matter have frame pointers. */
LEAF frame_pointer_read, "mov %rbp, %rax"

/* The four segment registers that 64-bit programs can load, but need not, become null: they would tell what another domain has left
   there. The kernel's GS base is aside meanwhile: loading GS may clear the base. */
ROUTINE segments_clear
        mov     %ds, %eax
        .irp    segment, es, fs, gs
        mov     %\segment, %ecx
        or      %ecx, %eax
        .endr
        jnz     1f
        ret
1:      xor     %eax, %eax
        .irp    segment, ds, es, fs
        mov     %eax, %\segment
        .endr
        swapgs
        mov     %eax, %gs
        swapgs
        ret

/* VERW with a writable segment. */
LEAF buffers_clear, "movw $0x10, -8(%rsp)", "verw -8(%rsp)"

LEAF cpu_wait_for_nmi, "hlt"

/* Lets pending interrupts in for a moment; their kernel-mode handlers only leave marks (Hazard). */
LEAF interrupt_window, "sti", "nop", "cli"

/* Waits for an interrupt. Does not return: the interrupt's handler abandons this stack. */
ROUTINE idle_wait
        sti
        hlt
        jmp     idle_wait

ROUTINE cpu_halt
        cli
        hlt
        jmp     cpu_halt

/* Three faults in a row reset the CPU: no interrupt descriptors, then an interrupt. */
ROUTINE cpu_triple_fault
        push    $0
        push    $0
        lidt    (%rsp)
        int3
        jmp     cpu_halt

/* RDI: where to, RSI: bytes, a multiple of 8. */
LEAF memory_zero, "mov %rsi, %rcx", "shr $3, %rcx", "xor %eax, %eax", "rep stosq"

/* RDI: virtual address. */
LEAF tlb_invalidate_page, "invlpg (%rdi)"

/* Writes a cache line back to memory. RDI: an address in it. */
LEAF cache_flush_line, "clflush (%rdi)"

/* RDI: page-table root to enter; RSI: the stamp of the space that its translations reflect; RDX: where the stamp stands. */
ROUTINE tlb_enter
        mov     %rdi, %cr3
        cmp     %rsi, (%rdx)
        jne     host_space_changed
        ret

/* The only code of the kernel that touches FPU state: save and restore of all of it. The build lets vector instructions pass in
   functions named fpu_* alone. RDI: area, aligned to 64 bytes (XSAVE) or 16 (FXSAVE). */
LEAF fpu_fxsave, "fxsave64 (%rdi)"
LEAF fpu_fxrstor, "fxrstor64 (%rdi)"

/* ESI, EDX: low and high half of the state components. */
LEAF fpu_xsave, "mov %esi, %eax", "xsave64 (%rdi)"
LEAF fpu_xrstor, "mov %esi, %eax", "xrstor64 (%rdi)"

/* Permits FPU instructions (CR0.TS). */
LEAF fpu_enable, "clts"

/* EDI: register, RSI: value of the extended control register. */
LEAF fpu_xsetbv, "call split_halves", "xsetbv"

        .section .note.GNU-stack, "", @progbits
