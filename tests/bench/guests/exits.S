/* A guest kernel that measures what its exits cost: in long mode, by its time-stamp counter, the mean of some rounds after others that
   warm everything up. It prints "exits: NAME TICKS" on the first serial port and switches itself off. Multiboot 1, 32-bit ELF. */

#define SERIAL          0x3f8
#define SCRATCH         (SERIAL + 7)            /* keeps a byte and does nothing */
#define PM1_CONTROL     0x604
#define SOFT_OFF        0x3400                  /* SLP_EN, SLP_TYP 5 */
#define IO_APIC         0xfec00000              /* its index register */
#define LOCAL_APIC      0xfee00000
#define TASK_PRIORITY   0x80
#define X2APIC_BASE     0xfee00d00              /* of the first processor, enabled, in x2APIC mode */
#define MULTIBOOT       0x1badb002
#define FLAGS           0x3
#define ROUNDS_SHIFT    6
#define ROUNDS          (1 << ROUNDS_SHIFT)

        .section .multiboot, "a"
        .balign 4
        .long   MULTIBOOT, FLAGS, -(MULTIBOOT + FLAGS)

        .text
        .code32
        .globl  _start
_start:
        mov     $stack_top, %esp
        lgdt    gdt_register

        /* The first 2 MiB and those of the APICs, each in pages of 2 MiB of four levels, as a system of today has it. */
        movl    $page_pointers + 3, page_map
        movl    $low_directory + 3, page_pointers
        movl    $high_directory + 3, page_pointers + 3 * 8
        movl    $0x83, low_directory
        movl    $IO_APIC + 0x83, high_directory + 0x1f6 * 8
        movl    $LOCAL_APIC + 0x83, high_directory + 0x1f7 * 8
        mov     $page_map, %eax
        mov     %eax, %cr3
        mov     %cr4, %eax
        or      $0x20, %eax                     /* PAE */
        mov     %eax, %cr4
        mov     $0xc0000080, %ecx
        rdmsr
        or      $0x100, %eax                    /* LME */
        wrmsr
        mov     %cr0, %eax
        or      $0x80000000, %eax
        mov     %eax, %cr0
        ljmp    $0x08, $1f

/* Does something ROUNDS times, and as often again with the clock running: two instructions of each round are the loop's. */
.macro MEASURE text, operation:vararg
        mov     $ROUNDS, %r13d
1:      \operation
        dec     %r13d
        jnz     1b
        call    time
        mov     %r12, %r14
        mov     $ROUNDS, %r13d
2:      \operation
        dec     %r13d
        jnz     2b
        call    time
        sub     %r14, %r12
        lea     \text(%rip), %rsi
        call    report
.endm

/* One instruction for the macro above, in which a second would not be part of the round. */
.macro FIRST_LEAF
        xor     %eax, %eax
        cpuid
.endm

        .code64
1:      mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        MEASURE nothing_text, nop
        MEASURE cpuid_text, FIRST_LEAF
        mov     $SCRATCH, %edx
        MEASURE out_text, out %al, %dx
        MEASURE in_text, in %dx, %al
        mov     $IO_APIC, %edi
        mov     $1, %eax
        MEASURE store_text, mov %eax, (%rdi)
        MEASURE load_text, mov (%rdi), %ebx
        mov     $LOCAL_APIC + TASK_PRIORITY, %edi
        MEASURE apic_text, mov %eax, (%rdi)

        mov     $0x1b, %ecx                     /* IA32_APIC_BASE */
        mov     $X2APIC_BASE, %eax
        xor     %edx, %edx
        wrmsr
        mov     $0x808, %ecx                    /* task priority */
        xor     %eax, %eax
        MEASURE msr_text, wrmsr

        mov     $PM1_CONTROL, %edx
        mov     $SOFT_OFF, %eax
        out     %ax, %dx
3:      hlt
        jmp     3b

/* R12: the time-stamp counter. Nothing else changes. */
time:
        push    %rax
        push    %rdx
        rdtsc
        mov     %rdx, %r12
        shl     $32, %r12
        or      %rax, %r12
        pop     %rdx
        pop     %rax
        ret

/* Prints the text at RSI, the mean of R12 ticks, and the end of the line. Keeps RAX, RDX and RDI. */
report:
        push    %rax
        push    %rdx
        push    %rdi
        mov     %r12, %rax
        shr     $ROUNDS_SHIFT, %rax
        lea     digits_end(%rip), %rdi
        mov     $10, %ebx
4:      xor     %edx, %edx
        div     %rbx
        add     $'0', %edx
        dec     %rdi
        mov     %dl, (%rdi)
        test    %rax, %rax
        jnz     4b
        mov     $SERIAL, %edx
5:      lodsb
        test    %al, %al
        jz      6f
        out     %al, %dx
        jmp     5b
6:      mov     %rdi, %rsi
7:      lodsb
        out     %al, %dx
        cmp     $'\n', %al
        jne     7b
        pop     %rdi
        pop     %rdx
        pop     %rax
        ret

        .data
nothing_text:   .asciz  "exits: nothing "
cpuid_text:     .asciz  "exits: cpuid "
out_text:       .asciz  "exits: out "
in_text:        .asciz  "exits: in "
store_text:     .asciz  "exits: store "
load_text:      .asciz  "exits: load "
apic_text:      .asciz  "exits: apic "
msr_text:       .asciz  "exits: msr "
digits:         .skip   20
digits_end:     .ascii  "\r\n"
        .balign 8
gdt:            .quad   0
                .quad   0x00af9b000000ffff      /* 0x08 code, 64-bit */
                .quad   0x00cf93000000ffff      /* 0x10 data */
gdt_register:   .word   . - gdt - 1
                .long   gdt

        .bss
        .balign 4096
page_map:       .skip   4096
page_pointers:  .skip   4096
low_directory:  .skip   4096
high_directory: .skip   4096
                .skip   4096
stack_top:

        .section .note.GNU-stack, "", @progbits
