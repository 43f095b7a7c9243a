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

        .code16

        .macro vector number, handler, program
        movw    $(\handler - \program + 0x1000), 4 * \number
        movw    $0, 4 * \number + 2
        .endm

/* Waits for an interrupt, once. */
program guest_interrupt
        vector  0x20, 2f, guest_interrupt
        sti
        hlt
        hlt
2:      mov     $0x77, %bl
        iret
end guest_interrupt

/* Lets interrupts in after a while. */
program guest_window
        vector  0x21, 2f, guest_window
        cli
        vmmcall
        nop
        sti
        nop
        nop
        hlt
2:      inc     %bl
        iret
end guest_window

/* Calls the monitor inside and outside of the NMI's handler. */
program guest_nmi
        vector  2, 2f, guest_nmi
        vmmcall
        inc     %bh
        hlt
2:      inc     %bl
        vmmcall
        iret
end guest_nmi

/* A stack at segment 0x2000, which is not there. */
program guest_vectoring
        vector  0x20, 2f, guest_vectoring
        mov     $0x2000, %ax
        mov     %ax, %ss
        mov     $0x100, %sp
        vmmcall
        hlt
2:      mov     $0x55, %bl
        iret
end guest_vectoring

/* A software interrupt that the monitor injects, two bytes long. */
program guest_software
        vector  0x40, 2f, guest_software
        vmmcall
        .byte   0xcd, 0x40
        inc     %bh
        hlt
2:      inc     %bl
        iret
end guest_software

/* MSRs: the time-stamp counter, the kernel's GS base and EFER. */
program guest_msr
        mov     $0x10, %ecx
        rdmsr
        mov     %eax, %ebx
        mov     $0xc0000102, %ecx
        mov     $0x12345678, %eax
        mov     $0x00000111, %edx
        wrmsr
        xor     %eax, %eax
        rdmsr
        mov     %eax, %esi
        mov     %edx, %edi
        mov     $0xc0000080, %ecx
        wrmsr
        hlt
end guest_msr

program guest_time
        rdtsc
        hlt
end guest_time

/* Port 0x80 twice, ports 0x7f to 0x82 once. */
program guest_open_port
        out     %al, $0x80
        in      $0x80, %al
        mov     $0x7f, %dx
        out     %eax, %dx
        hlt
end guest_open_port

/* Counts in memory at 0x20010 for ever. STI, because Bochs 2.7 forgets at VM entries that IF does not keep interrupts from the host; it
   remembers when IF changes. */
program guest_count
        sti
        mov     $0x2000, %ax
        mov     %ax, %ds
1:      incl    0x10
        jmp     1b
end guest_count

/* EDI is written to memory and must be found there after every exit. ESI counts where it is not. */
program guest_memory_of_its_own
        mov     $0x2000, %ax
        mov     %ax, %ds
        mov     %edi, 0x20
        mov     $20, %ebp
1:      cpuid
        cmp     %edi, 0x20
        je      2f
        inc     %esi
2:      dec     %ebp
        jnz     1b
        hlt
end guest_memory_of_its_own

/* Sets and reads debug registers. */
program guest_debug
        mov     $0x12345, %eax
        mov     %eax, %dr0
        mov     $0x6789a, %eax
        mov     %eax, %dr3
        mov     $20, %ebp
1:      cpuid
        mov     %dr0, %ebx
        cmp     $0x12345, %ebx
        je      2f
        inc     %esi
2:      mov     %dr3, %ebx
        cmp     $0x6789a, %ebx
        je      3f
        inc     %esi
3:      dec     %ebp
        jnz     1b
        hlt
end guest_debug

        .code32

/* The handler of exception 13, at 0x1100, takes the error code. */
program guest_exception
        vmmcall
        hlt
        .org    guest_exception + 0x100
        pop     %esi
        mov     (%esp), %edi
        iret
end guest_exception

        .code64

/* RDI in vector registers, across exits. RSI counts where it is not found. */
program guest_fpu
        movq    %rdi, %xmm0
        movq    %rdi, %xmm15
        mov     $20, %ebp
1:      cpuid
        movq    %xmm0, %rax
        cmp     %rdi, %rax
        je      2f
        inc     %rsi
2:      movq    %xmm15, %rax
        cmp     %rdi, %rax
        je      3f
        inc     %rsi
3:      dec     %ebp
        jnz     1b
        hlt
end guest_fpu

        .code64
        .section .note.GNU-stack,"",@progbits
