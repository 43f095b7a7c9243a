/* The end of threads, and what C# has no instruction for. */

        .text

/* ulong runtime_thread_end_address(void) */
        .globl  runtime_thread_end_address
        .type   runtime_thread_end_address, @function
runtime_thread_end_address:
        lea     runtime_thread_end(%rip), %rax
        ret
        .size   runtime_thread_end_address, . - runtime_thread_end_address

/* A thread's function returns here, with the stack pointer as it was before the function's return address was put there. */
        .globl  runtime_thread_end
        .type   runtime_thread_end, @function
runtime_thread_end:
        and     $-16, %rsp
        call    runtime_thread_ended
        ud2
        .size   runtime_thread_end, . - runtime_thread_end

/* void runtime_here(rdi = UnwindRegisters): the registers of the caller, as they are behind the call. */
        .globl  runtime_here
        .type   runtime_here, @function
runtime_here:
        mov     (%rsp), %rax
        mov     %rax, (%rdi)
        lea     8(%rsp), %rax
        mov     %rax, 8(%rdi)
        mov     %rbp, 16(%rdi)
        mov     %rbx, 24(%rdi)
        mov     %r12, 32(%rdi)
        mov     %r13, 40(%rdi)
        mov     %r14, 48(%rdi)
        mov     %r15, 56(%rdi)
        ret
        .size   runtime_here, . - runtime_here

        .section .note.GNU-stack, "", @progbits
