/* A guest kernel that uses a little of everything and says so on the first serial port: ports, string output, CPUID, memory-mapped and
   model-specific registers, the timer's interrupt while it halts, control registers, real, protected, PAE and long mode. Its command line says how it ends:
   "off" (the default), "reset", "triple" or "stay". Multiboot 1, 32-bit ELF. */

#define SERIAL          0x3f8
#define PM1_CONTROL     0x604
#define SOFT_OFF        0x3400                  /* SLP_EN, SLP_TYP 5 */
#define KEYBOARD        0x64
#define LOCAL_APIC      0xfee00000
#define MULTIBOOT       0x1badb002
#define FLAGS           0x3
#define COMMAND_LINE    16                      /* in the Multiboot information */
#define REAL_CODE       0x8000
#define TICKS           5
#define GENUINE         0x756e6547              /* the first word of Intel's name */

        .section .multiboot, "a"
        .balign 4
        .long   MULTIBOOT, FLAGS, -(MULTIBOOT + FLAGS)

        .text
        .code32
        .globl  _start
_start:
        mov     $stack_top, %esp
        mov     %ebx, information
        lgdt    gdt_register
        ljmp    $0x08, $1f
1:      mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     $hello, %esi
        call    print

        /* Whose processor this is. */
        xor     %eax, %eax
        cpuid
        mov     %ebx, vendor
        mov     $0x40000000, %eax
        cpuid
        mov     %ebx, signature
        mov     %ecx, signature + 4
        mov     $cpuid_text, %esi
        call    print

        /* One instruction, many bytes. */
        mov     $string_text, %esi
        mov     $string_end - string_text, %ecx
        mov     $SERIAL, %edx
        rep outsb

        /* The local APIC in memory: enable it, read it back. */
        movl    $0x1ff, LOCAL_APIC + 0xf0
        cmpl    $0x1ff, LOCAL_APIC + 0xf0
        jne     fail
        mov     LOCAL_APIC + 0x30, %eax
        and     $0xff, %eax
        cmp     $0x14, %eax
        jne     fail
        mov     $mmio_text, %esi
        call    print

        /* A register that is there, EFER, and back. */
        mov     $0xc0000080, %ecx
        rdmsr
        or      $0x800, %eax
        wrmsr
        rdmsr
        test    $0x800, %eax
        jz      fail
        mov     $msr_text, %esi
        call    print

        call    ticks
        call    control
        mov     $control_text, %esi
        call    print
        call    real_mode
        mov     $real_text, %esi
        call    print
        call    pae
        jmp     long_mode

/* Halts until the timer has ticked a few times. */
ticks:
        mov     $timer_interrupt, %eax
        mov     %ax, idt + 0x20 * 8
        movw    $0x08, idt + 0x20 * 8 + 2
        movw    $0x8e00, idt + 0x20 * 8 + 4
        shr     $16, %eax
        mov     %ax, idt + 0x20 * 8 + 6
        lidt    idt_register
        mov     $0x11, %al
        out     %al, $0x20
        mov     $0x20, %al
        out     %al, $0x21
        mov     $0x04, %al
        out     %al, $0x21
        mov     $0x01, %al
        out     %al, $0x21
        mov     $0xfe, %al
        out     %al, $0x21
        mov     $0x34, %al                      /* channel 0, both bytes, rate generator */
        out     %al, $0x43
        mov     $0x9c, %al                      /* 11932: 100 Hz */
        out     %al, $0x40
        mov     $0x2e, %al
        out     %al, $0x40
1:      sti
        hlt
        cli
        cmpl    $TICKS, tick_count
        jb      1b
        mov     $0xff, %al
        out     %al, $0x21
        mov     $tick_text, %esi
        jmp     print

timer_interrupt:
        push    %eax
        incl    tick_count
        mov     $0x20, %al
        out     %al, $0x20
        pop     %eax
        iret

/* Control registers: bits that are remembered, one that there is not, and the old instructions. */
control:
        mov     $protection_fault, %eax
        mov     %ax, idt + 13 * 8
        movw    $0x08, idt + 13 * 8 + 2
        movw    $0x8e00, idt + 13 * 8 + 4
        shr     $16, %eax
        mov     %ax, idt + 13 * 8 + 6
        mov     %cr0, %ebx
        mov     %ebx, %eax
        or      $0x60000020, %eax               /* CD, NW, NE */
        mov     %eax, %cr0
        mov     %cr0, %ecx
        cmp     %eax, %ecx
        jne     fail
        mov     %ebx, %cr0
        mov     %cr0, %ecx
        cmp     %ebx, %ecx
        jne     fail
        mov     %cr4, %ebx
        mov     %ebx, %eax
        or      $0x50, %eax                     /* PSE, MCE */
        mov     %eax, %cr4
        mov     %cr4, %ecx
        cmp     %eax, %ecx
        jne     fail
        cmpl    $GENUINE, vendor                /* QEMU's AMD processors take any bit, and are not entered again with it */
        jne     1f
        bts     $31, %eax
        mov     %eax, %cr4
        cmpl    $1, fault_count
        jne     fail
1:      mov     %ebx, %cr4
        smsw    %ax
        or      $8, %ax                         /* TS */
        lmsw    %ax
        smsw    %cx
        cmp     %ax, %cx
        jne     fail
        clts
        smsw    %cx
        test    $8, %cx
        jnz     fail
        ret

/* Moves on over the instruction, which has 3 bytes. */
protection_fault:
        add     $4, %esp
        addl    $3, (%esp)
        incl    fault_count
        iret

/* Paging with entries of 64 bits, and a string output under it; the caches are switched off and on meanwhile. */
pae:
        movl    $page_directory + 1, page_pointers
        movl    $0x83, page_directory
        mov     $page_pointers, %eax
        mov     %eax, %cr3
        mov     %cr4, %eax
        or      $0x20, %eax
        mov     %eax, %cr4
        mov     %cr0, %ebx
        mov     %ebx, %eax
        or      $0x80000000, %eax
        mov     %eax, %cr0
        or      $0x40000000, %eax
        mov     %eax, %cr0
        mov     $pae_text, %esi
        mov     $pae_end - pae_text, %ecx
        mov     $SERIAL, %edx
        rep outsb
        mov     %ebx, %cr0
        ret

/* Down to real mode, where a byte is left in memory, and up again. */
real_mode:
        mov     $real_start, %esi
        mov     $REAL_CODE, %edi
        mov     $real_end - real_start, %ecx
        rep movsb
        mov     %esp, saved_stack
        ljmp    $0x18, $REAL_CODE

        .code16
real_start:
        mov     $0x20, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     %cr0, %eax
        and     $~1, %eax
        mov     %eax, %cr0
        ljmp    $0, $REAL_CODE + (1f - real_start)
1:      xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %ss
        mov     $REAL_CODE, %sp
        mov     $SERIAL + 7, %dx                /* the scratch register keeps a byte */
        mov     $0x5a, %al
        out     %al, %dx
        xor     %al, %al
        in      %dx, %al
        mov     %al, 0x7000
        mov     %cr0, %eax
        or      $1, %al
        mov     %eax, %cr0
        ljmpl   $0x08, $real_back
real_end:
        .code32
real_back:
        mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     saved_stack, %esp
        cmpb    $0x5a, 0x7000
        jne     fail
        ret

long_mode:
        movl    $page_directory + 3, page_pointers
        movl    $page_pointers + 3, page_map
        movl    $apic_directory + 3, page_pointers + 3 * 8
        movl    $LOCAL_APIC + 0x83, apic_directory + 0x1f7 * 8
        movl    $0x83, page_directory
        mov     $page_map, %eax
        mov     %eax, %cr3
        mov     %cr4, %eax
        or      $0x20, %eax
        mov     %eax, %cr4
        mov     $0xc0000080, %ecx
        rdmsr
        or      $0x100, %eax
        wrmsr
        mov     %cr0, %eax
        or      $0xc0000000, %eax               /* PG, CD */
        mov     %eax, %cr0
        ljmp    $0x28, $1f

        .code64
1:      mov     $0x123456789abcdef0, %r15
        mov     %r15, %rax
        shr     $32, %rax
        cmp     $0x12345678, %eax
        jne     2f
        mov     $5, %eax
        mov     %rax, %cr8
        mov     %cr8, %rbx
        cmp     %rax, %rbx
        jne     2f
        mov     $LOCAL_APIC, %edi
        cmpl    $0x50, 0x80(%rdi)               /* the task priority is the same register */
        jne     2f
        movl    $0, 0x80(%rdi)
        mov     %cr8, %r9
        test    %r9, %r9
        jnz     2f
        /* A single step, over an instruction that exits and over one that does not. */
        lea     step_interrupt(%rip), %rax
        lea     idt + 16(%rip), %rdi
        mov     %ax, (%rdi)
        movw    $0x28, 2(%rdi)
        movw    $0x8e00, 4(%rdi)
        shr     $16, %rax
        mov     %eax, 6(%rdi)
        lidt    wide_idt_register(%rip)
        pushfq
        orl     $0x100, (%rsp)
        popfq
        nop
        mov     %cr8, %r9
        pushfq
        andl    $~0x100, (%rsp)
        popfq
        cmpl    $5, step_count(%rip)
        jne     2f

        mov     $SERIAL, %edx
        lea     long_text(%rip), %rsi
        mov     $long_end - long_text, %ecx
        rep outsb

        /* How to end. */
        mov     information(%rip), %ebx
        mov     COMMAND_LINE(%rbx), %ebx
        mov     (%rbx), %eax
        cmp     $0x65736572, %eax               /* "rese" */
        je      reset
        cmp     $0x70697274, %eax               /* "trip" */
        je      triple
        cmp     $0x79617473, %eax               /* "stay" */
        je      stay
        mov     $PM1_CONTROL, %edx
        mov     $SOFT_OFF, %eax
        out     %ax, %dx
stay:   hlt
        jmp     stay
2:      jmp     2b

reset:  mov     $0xfe, %al
        out     %al, $KEYBOARD
        jmp     stay
triple: lidt    nothing(%rip)
        int3
        jmp     stay

step_interrupt:
        incl    step_count(%rip)
        iretq

        .code32
fail:
        mov     $fail_text, %esi
        call    print
1:      hlt
        jmp     1b

/* Prints the text at ESI. */
print:
        mov     $SERIAL, %edx
1:      lodsb
        test    %al, %al
        jz      2f
        out     %al, %dx
        jmp     1b
2:      ret

        .data
hello:          .asciz  "tiny: hello\r\n"
cpuid_text:     .ascii  "tiny: on "
signature:      .ascii  "........"
                .asciz  "\r\n"
string_text:    .ascii  "tiny: string\r\n"
string_end:
mmio_text:      .asciz  "tiny: mmio\r\n"
msr_text:       .asciz  "tiny: msr\r\n"
tick_text:      .asciz  "tiny: ticks\r\n"
control_text:   .asciz  "tiny: control\r\n"
real_text:      .asciz  "tiny: real\r\n"
pae_text:       .ascii  "tiny: pae\r\n"
pae_end:
long_text:      .ascii  "tiny: long\r\n"
long_end:
fail_text:      .asciz  "tiny: failed\r\n"
        .balign 8
information:    .long   0
vendor:         .long   0
tick_count:     .long   0
fault_count:    .long   0
step_count:     .long   0
saved_stack:    .long   0
nothing:        .word   0
                .quad   0
        .balign 8
gdt:            .quad   0
                .quad   0x00cf9b000000ffff      /* 0x08 code, 32-bit */
                .quad   0x00cf93000000ffff      /* 0x10 data */
                .quad   0x00009b000000ffff      /* 0x18 code, 16-bit */
                .quad   0x000093000000ffff      /* 0x20 data, 16-bit */
                .quad   0x00af9b000000ffff      /* 0x28 code, 64-bit */
gdt_register:   .word   . - gdt - 1
                .long   gdt
        .balign 8
idt_register:   .word   0x21 * 8 - 1
                .long   idt
wide_idt_register:
                .word   0x21 * 8 - 1
                .long   idt, 0

        .bss
        .balign 4096
page_map:       .skip   4096
page_pointers:  .skip   4096
page_directory: .skip   4096
apic_directory: .skip   4096
idt:            .skip   4096
                .skip   4096
stack_top:

        .section .note.GNU-stack, "", @progbits
