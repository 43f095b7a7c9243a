/* Instructions that C# cannot express, one routine each, in the System V calling convention. */

        .text

.macro ROUTINE name
        .balign 16
        .globl  \name
        .type   \name, @function
\name:
.endm

ROUTINE port_read_8
        mov     %edi, %edx
        xor     %eax, %eax
        inb     %dx, %al
        ret
ROUTINE port_read_16
        mov     %edi, %edx
        xor     %eax, %eax
        inw     %dx, %ax
        ret
ROUTINE port_read_32
        mov     %edi, %edx
        inl     %dx, %eax
        ret
ROUTINE port_write_8
        mov     %edi, %edx
        mov     %esi, %eax
        outb    %al, %dx
        ret
ROUTINE port_write_16
        mov     %edi, %edx
        mov     %esi, %eax
        outw    %ax, %dx
        ret
ROUTINE port_write_32
        mov     %edi, %edx
        mov     %esi, %eax
        outl    %eax, %dx
        ret

ROUTINE msr_read
        mov     %edi, %ecx
        rdmsr
        shl     $32, %rdx
        or      %rdx, %rax
        ret
ROUTINE msr_write
        mov     %edi, %ecx
        mov     %esi, %eax
        mov     %rsi, %rdx
        shr     $32, %rdx
        wrmsr
        ret
/* x2APIC and TSC deadline registers are written without serialisation: what was stored before must be visible first. */
ROUTINE msr_write_ordered
        mfence
        lfence
        jmp     msr_write

/* A general protection fault between msr_access and msr_access_end is not fatal: Exceptions continues at msr_failed.
   EDI: register, RSI: where the value is stored or taken from. EAX: 1, or 0 when the register does not exist. */
ROUTINE msr_try_read
        mov     %edi, %ecx
        call    msr_access
        mov     %eax, (%rsi)
        mov     %edx, 4(%rsi)
        mov     $1, %eax
        ret
ROUTINE msr_try_write
        mov     %edi, %ecx
        mov     (%rsi), %eax
        mov     4(%rsi), %edx
        call    msr_access_write
        mov     $1, %eax
        ret
        .globl  msr_access, msr_access_end, msr_failed
msr_access:
        rdmsr
        ret
msr_access_write:
        wrmsr
        ret
msr_access_end:
msr_failed:
        add     $8, %rsp
        xor     %eax, %eax
        ret

ROUTINE cr0_read
        mov     %cr0, %rax
        ret
ROUTINE cr0_write
        mov     %rdi, %cr0
        ret
ROUTINE cr2_read
        mov     %cr2, %rax
        ret
ROUTINE cr3_read
        mov     %cr3, %rax
        ret
ROUTINE cr3_write
        mov     %rdi, %cr3
        ret
ROUTINE cr4_read
        mov     %cr4, %rax
        ret
ROUTINE cr4_write
        mov     %rdi, %cr4
        ret
ROUTINE dr6_exchange
        mov     %dr6, %rax
        mov     %rdi, %dr6
        ret
ROUTINE dr7_write
        mov     %rdi, %dr7
        ret

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

ROUTINE tsc_read
        rdtsc
        shl     $32, %rdx
        or      %rdx, %rax
        ret
/* Neither earlier loads nor the caller's later instructions move across the reading. */
ROUTINE tsc_read_ordered
        lfence
        rdtsc
        lfence
        shl     $32, %rdx
        or      %rdx, %rax
        ret

/* RDI: base, ESI: limit, both of the descriptor table. CS is reloaded by a far return, data segments become null. */
ROUTINE gdt_load
        sub     $16, %rsp
        mov     %si, 6(%rsp)
        mov     %rdi, 8(%rsp)
        lgdt    6(%rsp)
        add     $16, %rsp
        xor     %eax, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        mov     $0x10, %eax
        mov     %eax, %ss
        pop     %rax
        push    $0x08
        push    %rax
        lretq
ROUTINE idt_load
        sub     $16, %rsp
        mov     %si, 6(%rsp)
        mov     %rdi, 8(%rsp)
        lidt    6(%rsp)
        add     $16, %rsp
        ret
ROUTINE task_load
        ltr     %di
        ret

/* RBP belongs to the caller here: compiled functions that matter have frame pointers. */
ROUTINE frame_pointer_read
        mov     %rbp, %rax
        ret

ROUTINE cpu_wait_for_nmi
        hlt
        ret

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

        .section .note.GNU-stack, "", @progbits
