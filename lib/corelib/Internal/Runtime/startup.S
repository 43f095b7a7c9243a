/* void corelib_init(void *heap_start, void *heap_end): called once, before any C# that allocates, throws or touches statics. The linker
   script provides __modules_start, __modules_end and __eh_frame_hdr_start. */

        .text
        .globl  corelib_init
        .type   corelib_init, @function
corelib_init:
        lea     __modules_start(%rip), %rdx
        lea     __modules_end(%rip), %rcx
        lea     __eh_frame_hdr_start(%rip), %r8
        jmp     RhpInitialize
        .size   corelib_init, . - corelib_init

        .section .note.GNU-stack, "", @progbits
