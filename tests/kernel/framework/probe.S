/* Instructions that may fault, as leaf functions: a handler that sends the thread to probe_recover makes the function return 1. */

        .text

        .macro function name
        .globl  \name
        .type   \name, @function
\name:
        .endm

        .macro end name
        .size   \name, . - \name
        .endm

/* The stack must be as at the entry of the function that faulted. */
function probe_recover
        cld
        mov     $1, %eax
        ret
end probe_recover

function probe_recover_address
        lea     probe_recover(%rip), %rax
        ret
end probe_recover_address

/* uint probe_load(rdi = address, rsi = where to put the byte) */
function probe_load
        movzbl  (%rdi), %eax
        mov     %al, (%rsi)
        xor     %eax, %eax
        ret
end probe_load

/* uint probe_store(rdi = address, esi = byte) */
function probe_store
        mov     %sil, (%rdi)
        xor     %eax, %eax
        ret
end probe_store

/* uint probe_stack_load(rdi = address): through the stack segment */
function probe_stack_load
        push    %rbp
        mov     %rdi, %rbp
        call    1f
        pop     %rbp
        ret
1:      mov     (%rbp), %al
        xor     %eax, %eax
        ret
end probe_stack_load

/* uint probe_execute(rdi = address of code that returns 0): a fault there leaves the return address to here on the stack */
function probe_execute
        sub     $8, %rsp
        call    *%rdi
        add     $8, %rsp
        ret
end probe_execute

/* Code to be copied and executed: returns 0. */
        .globl  probe_code, probe_code_end
function probe_code
        xor     %eax, %eax
        ret
probe_code_end:
end probe_code

function probe_code_address
        lea     probe_code(%rip), %rax
        ret
end probe_code_address

/* uint probe_in8(edi = port) */
function probe_in8
        mov     %edi, %edx
        in      %dx, %al
        xor     %eax, %eax
        ret
end probe_in8

/* uint probe_out8(edi = port, esi = value) */
function probe_out8
        mov     %edi, %edx
        mov     %esi, %eax
        out     %al, %dx
        xor     %eax, %eax
        ret
end probe_out8

/* uint probe_in32(edi = port) */
function probe_in32
        mov     %edi, %edx
        in      %dx, %eax
        xor     %eax, %eax
        ret
end probe_in32

/* void probe_segments_load(edi = selector): into DS, ES, FS and GS */
function probe_segments_load
        mov     %edi, %ds
        mov     %edi, %es
        mov     %edi, %fs
        mov     %edi, %gs
        ret
end probe_segments_load

/* uint probe_segments_read(): all selectors in them, ored */
function probe_segments_read
        mov     %ds, %eax
        mov     %es, %ecx
        or      %ecx, %eax
        mov     %fs, %ecx
        or      %ecx, %eax
        mov     %gs, %ecx
        or      %ecx, %eax
        ret
end probe_segments_read

function probe_divide
        xor     %eax, %eax
        xor     %edx, %edx
        xor     %ecx, %ecx
        div     %ecx
        ret
end probe_divide

function probe_breakpoint
        int3
        .globl  probe_after_breakpoint
probe_after_breakpoint:
        xor     %eax, %eax
        ret
end probe_breakpoint

function probe_after_breakpoint_address
        lea     probe_after_breakpoint(%rip), %rax
        ret
end probe_after_breakpoint_address

function probe_undefined
        ud2
        xor     %eax, %eax
        ret
end probe_undefined

function probe_halt
        hlt
        xor     %eax, %eax
        ret
end probe_halt

function probe_cli
        cli
        xor     %eax, %eax
        ret
end probe_cli

/* INT n with a gate that user mode may not call: #GP with error code 8n+2 */
function probe_int80
        int     $0x80
        xor     %eax, %eax
        ret
end probe_int80

function probe_rdmsr
        mov     $0x1b, %ecx
        rdmsr
        xor     %eax, %eax
        ret
end probe_rdmsr

function probe_mov_cr3
        mov     %cr3, %rax
        xor     %eax, %eax
        ret
end probe_mov_cr3

function probe_load_segment
        mov     $0xfff8, %eax
        mov     %eax, %ds
        xor     %eax, %eax
        ret
end probe_load_segment

/* Single step: the trap comes behind the instruction that follows POPF; another may come behind the POPF that ends it. */
function probe_step
        pushfq
        pushfq
        orq     $0x100, (%rsp)
        popfq
        nop
        .globl  probe_after_step
probe_after_step:
        popfq
        xor     %eax, %eax
        ret
end probe_step

function probe_after_step_address
        lea     probe_after_step(%rip), %rax
        ret
end probe_after_step_address

/* uint fpu_probe_touch(void): any use of vector registers */
function fpu_probe_touch
        xorps   %xmm0, %xmm0
        xor     %eax, %eax
        ret
end fpu_probe_touch

/* uint fpu_probe_x87(void): 1/0 with the exception unmasked is reported by the next waiting instruction */
function fpu_probe_x87
        fninit
        movw    $0x37b, -8(%rsp)
        fldcw   -8(%rsp)
        fld1
        fldz
        fdivrp
        fwait
        xor     %eax, %eax
        ret
end fpu_probe_x87

function fpu_probe_reset
        fninit
        movl    $0x1f80, -8(%rsp)
        ldmxcsr -8(%rsp)
        xor     %eax, %eax
        ret
end fpu_probe_reset

/* uint fpu_probe_simd(void): 1/0 in a vector with the exception unmasked */
function fpu_probe_simd
        movl    $0x1d80, -8(%rsp)
        ldmxcsr -8(%rsp)
        pcmpeqd %xmm0, %xmm0
        psrld   $25, %xmm0
        pslld   $23, %xmm0
        pxor    %xmm1, %xmm1
        divps   %xmm1, %xmm0
        xor     %eax, %eax
        ret
end fpu_probe_simd

/* void fpu_write(rdi): fills XMM0 to XMM15 with the value and values counted up from it */
function fpu_write
        movq    %rdi, %xmm0
        inc     %rdi
        movq    %rdi, %xmm1
        inc     %rdi
        movq    %rdi, %xmm7
        inc     %rdi
        movq    %rdi, %xmm15
        ret
end fpu_write

/* uint fpu_holds(rdi): whether they are still there */
function fpu_holds
        xor     %eax, %eax
        movq    %xmm0, %rsi
        cmp     %rdi, %rsi
        jne     1f
        inc     %rdi
        movq    %xmm1, %rsi
        cmp     %rdi, %rsi
        jne     1f
        inc     %rdi
        movq    %xmm7, %rsi
        cmp     %rdi, %rsi
        jne     1f
        inc     %rdi
        movq    %xmm15, %rsi
        cmp     %rdi, %rsi
        jne     1f
        mov     $1, %eax
1:      ret
end fpu_holds

/* void probe_syscall(rdi = 16 general registers in their numbers' order, then RFLAGS): loads all but RSP, makes the hypercall, stores all.
   The word behind RFLAGS gets the address behind the syscall instruction. */
function probe_syscall
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        push    %rdi
        mov     %rdi, %rax
        mov     8(%rax), %rcx
        mov     16(%rax), %rdx
        mov     24(%rax), %rbx
        mov     40(%rax), %rbp
        mov     48(%rax), %rsi
        mov     56(%rax), %rdi
        mov     64(%rax), %r8
        mov     72(%rax), %r9
        mov     80(%rax), %r10
        mov     88(%rax), %r11
        mov     96(%rax), %r12
        mov     104(%rax), %r13
        mov     112(%rax), %r14
        mov     120(%rax), %r15
        push    128(%rax)
        popfq
        mov     (%rax), %rax
        syscall
1:      pushfq
        push    %rax
        mov     16(%rsp), %rax
        pop     (%rax)
        pop     128(%rax)
        mov     %rcx, 8(%rax)
        mov     %rdx, 16(%rax)
        mov     %rbx, 24(%rax)
        mov     %rsp, 32(%rax)
        mov     %rbp, 40(%rax)
        mov     %rsi, 48(%rax)
        mov     %rdi, 56(%rax)
        mov     %r8, 64(%rax)
        mov     %r9, 72(%rax)
        mov     %r10, 80(%rax)
        mov     %r11, 88(%rax)
        mov     %r12, 96(%rax)
        mov     %r13, 104(%rax)
        mov     %r14, 112(%rax)
        mov     %r15, 120(%rax)
        lea     1b(%rip), %rcx
        mov     %rcx, 136(%rax)
        cld
        pop     %rdi
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret
end probe_syscall

/* uint probe_registers(rdi = 16 general registers in their numbers' order): loads all but RSP, executes UD2, which its handler skips,
   and stores all. */
function probe_registers
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        push    %rdi
        mov     %rdi, %rax
        mov     8(%rax), %rcx
        mov     16(%rax), %rdx
        mov     24(%rax), %rbx
        mov     40(%rax), %rbp
        mov     48(%rax), %rsi
        mov     56(%rax), %rdi
        mov     64(%rax), %r8
        mov     72(%rax), %r9
        mov     80(%rax), %r10
        mov     88(%rax), %r11
        mov     96(%rax), %r12
        mov     104(%rax), %r13
        mov     112(%rax), %r14
        mov     120(%rax), %r15
        push    128(%rax)
        popfq
        mov     (%rax), %rax
        .globl  probe_registers_fault
probe_registers_fault:
        ud2
        pushfq
        push    %rax
        mov     16(%rsp), %rax
        pop     (%rax)
        pop     128(%rax)
        mov     %rcx, 8(%rax)
        mov     %rdx, 16(%rax)
        mov     %rbx, 24(%rax)
        mov     %rsp, 32(%rax)
        mov     %rbp, 40(%rax)
        mov     %rsi, 48(%rax)
        mov     %rdi, 56(%rax)
        mov     %r8, 64(%rax)
        mov     %r9, 72(%rax)
        mov     %r10, 80(%rax)
        mov     %r11, 88(%rax)
        mov     %r12, 96(%rax)
        mov     %r13, 104(%rax)
        mov     %r14, 112(%rax)
        mov     %r15, 120(%rax)
        cld
        pop     %rdi
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret
end probe_registers

function probe_registers_fault_address
        lea     probe_registers_fault(%rip), %rax
        ret
end probe_registers_fault_address

        .section .note.GNU-stack, "", @progbits
