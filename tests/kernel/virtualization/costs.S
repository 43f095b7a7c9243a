/* Handlers of events in assembly, which do nothing but what their event needs, and the programs that raise those events. */

        .text

/* CPUID: behind the instruction (MTD GPR0-7 and RIP). */
        .globl  cost_cpuid_handler
cost_cpuid_handler:
        mov     cost_utcb(%rip), %rax
        addq    $2, 0x88(%rax)
        mov     $0x12, %esi
        mov     $1, %edi
        syscall
        ud2

/* Nested page fault: ctrl_pd maps the page, readable and writable; nothing goes back (MTD QUAL). */
        .globl  cost_memory_handler
cost_memory_handler:
        mov     cost_utcb(%rip), %rax
        mov     0xb0(%rax), %rdx
        and     $~0xfff, %rdx
        lea     3(%rdx), %rax
        add     cost_memory(%rip), %rdx
        mov     cost_source(%rip), %rdi
        mov     cost_space(%rip), %rsi
        xor     %r8d, %r8d
        syscall
        xor     %esi, %esi
        mov     $1, %edi
        syscall
        ud2

        .globl  cost_cpuid_handler_address
cost_cpuid_handler_address:
        lea     cost_cpuid_handler(%rip), %rax
        ret
        .globl  cost_memory_handler_address
cost_memory_handler_address:
        lea     cost_memory_handler(%rip), %rax
        ret
        .globl  cost_parameters
cost_parameters:
        lea     cost_utcb(%rip), %rax
        ret

        .bss
        .balign 8
/* The handler's UTCB; what to add to a guest-physical address; identifier of ctrl_pd from a host space; selector of the guest space. */
cost_utcb:
        .skip   8
cost_memory:
        .skip   8
cost_source:
        .skip   8
cost_space:
        .skip   8

        .section .note.GNU-stack, "", @progbits
