/* Instructions that C# cannot express, one routine each, in the System V calling convention. */

        .text

.macro ROUTINE name
        .balign 16
        .globl  \name
        .type   \name, @function
\name:
.endm

.macro PORT bits, register
ROUTINE port_read_\bits
        mov     %edi, %edx
        xor     %eax, %eax
        in      %dx, %\register
        ret
ROUTINE port_write_\bits
        mov     %edi, %edx
        mov     %esi, %eax
        out     %\register, %dx
        ret
.endm
PORT 8, al
PORT 16, ax
PORT 32, eax

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

.macro READ register
ROUTINE \register\()_read
        mov     %\register, %rax
        ret
.endm
.macro WRITE register
ROUTINE \register\()_write
        mov     %rdi, %\register
        ret
.endm
READ cr0
WRITE cr0
READ cr2
READ cr3
READ cr4
WRITE cr4
READ dr6
WRITE dr6
WRITE dr7

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

/* RDI: limit and base of the descriptor table. CS is reloaded by a far return, data segments become null. */
ROUTINE gdt_load
        lgdt    (%rdi)
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
        lidt    (%rdi)
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
