/* What doors between the kernel and its users have in common. */

#include "offsets.h"

/* Registers from the CPU into a context's frame and back, by their names: STORE (%r11), rax, rdx. */
.macro STORE frame, registers:vararg
    .irp register, \registers
    mov     %\register, EC_\register\frame
    .endr
.endm

.macro LOAD frame, registers:vararg
    .irp register, \registers
    mov     EC_\register\frame, %\register
    .endr
.endm

/* What the C calling convention lets a caller keep. */
#define PRESERVED rbx, rbp, r12, r13, r14, r15

/* The C# side of an entry, which gets the CPU and what RSI and RDX hold; then whatever context is current. RSP: the empty kernel stack. */
.macro HANDLE function
    mov     %gs:CPU_SELF, %rdi
    call    \function
    jmp     leave_kernel
.endm
