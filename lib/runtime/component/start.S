/* The first instructions of a component. Its parent answers the first thread's STARTUP: RIP is the image's entry point, RSP the top of the
   first region as after a call, RDI the address of the start-up page. Without unwind information: here the stack ends. */

        .text
        .globl  _start
        .type   _start, @function
_start:
        xor     %ebp, %ebp
        sub     $8, %rsp
        call    runtime_component_start         /* (start-up page) */
        ud2
        .size   _start, . - _start

/* void component_crash(void): raises an exception, so that the parent reports the stack that led here. */
        .globl  component_crash
        .type   component_crash, @function
component_crash:
        .cfi_startproc
        ud2
        .cfi_endproc
        .size   component_crash, . - component_crash

        .section .note.GNU-stack, "", @progbits
