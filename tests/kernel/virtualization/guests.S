/* Guests: programs for each mode of the CPU, copied to guest-physical 0x1000 and entered there. They end with HLT. */

        .text

/* A program's place in the table is its number in enum Prog. */
        .macro program name
\name:
        .endm

        .macro end name
        .pushsection .rodata.guests, "a", @progbits
        .quad   \name, 1f
        .popsection
1:
        .endm

        .section .rodata.guests, "a", @progbits
guest_table:
        .text

/* The table: start and end of each program. */
        .globl  guest_programs
guest_programs:
        lea     guest_table(%rip), %rax
        ret

        .code16

/* CPUID with known registers. */
program guest_real_cpuid
        mov     $0x11223344, %eax
        mov     $0x55667788, %ecx
        mov     $0x99aabbcc, %ebx
        mov     $0xddeeff00, %edx
        mov     $0x01020304, %esi
        mov     $0x05060708, %edi
        mov     $0x090a0b0c, %ebp
        cpuid
        hlt
end guest_real_cpuid

/* Port accesses: 8 bits out, 16 bits in, 32 bits out. */
program guest_real_ports
        mov     $0x5a, %al
        out     %al, $0x42
        mov     $0x1234, %dx
        in      %dx, %ax
        mov     %eax, %ebx
        out     %eax, %dx
        hlt
end guest_real_ports

/* Reads and writes at segment 0x2000: guest-physical 0x20000. */
program guest_real_memory
        mov     $0x2000, %ax
        mov     %ax, %ds
        mov     0x10, %ebx
        movl    $0xcafebabe, 0x20
        mov     0x20, %ecx
        hlt
end guest_real_memory

        .code32

/* Protected mode: flat segments, set by the monitor. */
program guest_protected
        mov     $0x80000001, %eax
        cpuid
        mov     %eax, %ebx
        pushl   $0x12345678
        popl    %esi
        mov     %cr0, %edi
        hlt
end guest_protected

        .code64

program guest_long
        movabs  $0x1122334455667788, %r8
        mov     %r8, %r15
        mov     %cr3, %rbx
        push    %r8
        pop     %rsi
        cpuid
        hlt
end guest_long

/* Time-stamp counter ticks of 1,000 CPUIDs in R10. */
program guest_many_cpuids
        rdtsc
        shl     $32, %rdx
        lea     (%rdx,%rax), %r8
        mov     $1000, %r9d
1:      cpuid
        dec     %r9d
        jnz     1b
        rdtsc
        shl     $32, %rdx
        lea     (%rdx,%rax), %r10
        sub     %r8, %r10
        hlt
end guest_many_cpuids

/* Time-stamp counter ticks of loads from 200 pages behind the first megabyte in R10. */
program guest_many_pages
        mov     $0x100000, %esi
        rdtsc
        shl     $32, %rdx
        lea     (%rdx,%rax), %r8
        mov     $200, %r9d
1:      mov     (%rsi), %eax
        add     $0x1000, %esi
        dec     %r9d
        jnz     1b
        rdtsc
        shl     $32, %rdx
        lea     (%rdx,%rax), %r10
        sub     %r8, %r10
        hlt
end guest_many_pages

        .code64
        .section .note.GNU-stack,"",@progbits
