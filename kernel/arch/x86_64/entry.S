/* The doors between user mode and the kernel: system call, exceptions, interrupts, and the one way out.

   One stack per CPU. An entry from user mode saves the user's registers in the current execution context's frame, to whose end
   TSS.RSP0 points, and starts on the empty kernel stack; the C# handler returns; leave_kernel resumes whatever context is current then.

   A system call saves only the registers that the C calling convention allows a callee to destroy. RBX, RBP and R12-R15 are preserved
   by the C# code; they are stored in the old frame and loaded from the new one only if the current context has changed. CPU_FRAME_END
   names the frame whose callee-saved registers are live. */

#include "offsets.h"

.text

/* The registers of struct Registers from R15 down to RBP, which stand above the place of CR2; CR2 and the other four follow by hand. */
.macro SAVE_HIGH_REGISTERS
    push    %r15
    push    %r14
    push    %r13
    push    %r12
    push    %r11
    push    %r10
    push    %r9
    push    %r8
    push    %rdi
    push    %rsi
    push    %rbp
.endm

/* All of them, CR2 apart; then vector and error code are gone too, and IRET can follow. */
.macro RESTORE_REGISTERS
    pop     %rax
    pop     %rcx
    pop     %rdx
    pop     %rbx
    add     $8, %rsp
    pop     %rbp
    pop     %rsi
    pop     %rdi
    pop     %r8
    pop     %r9
    pop     %r10
    pop     %r11
    pop     %r12
    pop     %r13
    pop     %r14
    pop     %r15
    add     $16, %rsp
.endm

/* RDI: identifier and first parameter; RCX: user RIP; R11: user RFLAGS, which the interface defines as RFLAGS_USER on return. */
.globl syscall_entry
.balign 64
syscall_entry:
    swapgs
    mov     %rsp, %gs:CPU_SCRATCH
    mov     %gs:CPU_FRAME_END, %rsp
    mov     %rcx, EC_RIP-EC_FRAME_END(%rsp)
    mov     %rax, EC_RAX-EC_FRAME_END(%rsp)
    mov     %rdx, EC_RDX-EC_FRAME_END(%rsp)
    mov     %rsi, EC_RSI-EC_FRAME_END(%rsp)
    mov     %rdi, EC_RDI-EC_FRAME_END(%rsp)
    mov     %r8, EC_R8-EC_FRAME_END(%rsp)
    mov     %r9, EC_R9-EC_FRAME_END(%rsp)
    mov     %r10, EC_R10-EC_FRAME_END(%rsp)
    mov     %gs:CPU_SCRATCH, %rcx
    mov     %rcx, EC_RSP-EC_FRAME_END(%rsp)
    movzbl  %dil, %eax
    lea     -EC_FRAME_END(%rsp), %rdi
    mov     %gs:CPU_SELF, %rsi
    mov     %gs:CPU_STACK_TOP, %rsp
    call    *hypercall_table(,%rax,8)

/* Resumes the current execution context. RSP is the empty kernel stack. */
.globl leave_kernel
leave_kernel:
    mov     %gs:CPU_CURRENT, %rdi
    mov     %gs:CPU_FRAME_END, %rax
    lea     EC_FRAME_END(%rdi), %rcx
    cmp     %rax, %rcx
    jne     switch_frames
resume:
    mov     EC_HAZARD(%rdi), %eax
    or      %gs:CPU_HAZARD, %eax
    or      EC_CONTINUATION(%rdi), %rax
    jnz     resume_unusual
    mov     EC_RAX(%rdi), %rax
    mov     EC_RDX(%rdi), %rdx
    mov     EC_RSI(%rdi), %rsi
    mov     EC_R8(%rdi), %r8
    mov     EC_R9(%rdi), %r9
    mov     EC_R10(%rdi), %r10
    mov     EC_RIP(%rdi), %rcx
    mov     $RFLAGS_USER, %r11d
    mov     EC_RSP(%rdi), %rsp
    mov     EC_RDI(%rdi), %rdi
    swapgs
    sysretq

/* RAX: end of the frame that the live callee-saved registers belong to; RCX: end of the current context's frame; RDI: the context. */
switch_frames:
    mov     %rbx, EC_RBX-EC_FRAME_END(%rax)
    mov     %rbp, EC_RBP-EC_FRAME_END(%rax)
    mov     %r12, EC_R12-EC_FRAME_END(%rax)
    mov     %r13, EC_R13-EC_FRAME_END(%rax)
    mov     %r14, EC_R14-EC_FRAME_END(%rax)
    mov     %r15, EC_R15-EC_FRAME_END(%rax)
    mov     %rcx, %gs:CPU_FRAME_END
    mov     EC_RBX(%rdi), %rbx
    mov     EC_RBP(%rdi), %rbp
    mov     EC_R12(%rdi), %r12
    mov     EC_R13(%rdi), %r13
    mov     EC_R14(%rdi), %r14
    mov     EC_R15(%rdi), %r15
    jmp     resume

/* A hazard, or not a return from a hypercall: 1 to return from an interrupt, else a C# continuation. */
resume_unusual:
    mov     EC_CONTINUATION(%rdi), %rax
    test    %rax, %rax
    jz      hazards
    cmp     $1, %rax
    je      return_from_interrupt
    call    *%rax
    jmp     leave_kernel

return_from_interrupt:
    mov     EC_HAZARD(%rdi), %eax
    or      %gs:CPU_HAZARD, %eax
    jnz     hazards
    movq    $0, EC_CONTINUATION(%rdi)
    lea     EC_RAX(%rdi), %rsp
    RESTORE_REGISTERS
    swapgs
    iretq

/* Something must happen before the context may run. The frame is completed first: events read it. */
hazards:
    mov     %rbx, EC_RBX(%rdi)
    mov     %rbp, EC_RBP(%rdi)
    mov     %r12, EC_R12(%rdi)
    mov     %r13, EC_R13(%rdi)
    mov     %r14, EC_R14(%rdi)
    mov     %r15, EC_R15(%rdi)
    call    hazards_handle
    jmp     leave_kernel

/* Exceptions and interrupts. The CPU pushed SS, RSP, RFLAGS, CS, RIP; the stubs add error code and vector. */
entry_common:
    testb   $3, 0x18(%rsp)
    jz      entry_from_kernel
    swapgs
    cld
    SAVE_HIGH_REGISTERS
    sub     $8, %rsp
    push    %rbx
    push    %rdx
    push    %rcx
    push    %rax
    lea     -EC_RAX(%rsp), %rdi
    mov     %gs:CPU_STACK_TOP, %rsp
    movq    $1, EC_CONTINUATION(%rdi)
    mov     EC_VECTOR(%rdi), %esi
    call    entry_handle_user
    jmp     leave_kernel

/* On a kernel or IST stack, GS unknown on the latter: the handlers find their CPU by the stack. */
entry_from_kernel:
    cld
    SAVE_HIGH_REGISTERS
    mov     %cr2, %rbp
    push    %rbp
    push    %rbx
    push    %rdx
    push    %rcx
    push    %rax
    mov     %rsp, %rdi
    mov     %rsp, %rbp
    and     $-16, %rsp
    call    entry_handle_kernel
    test    %eax, %eax
    jnz     entry_abandon
    mov     %rbp, %rsp
    RESTORE_REGISTERS
    iretq

/* An interrupt ended the idle loop: nothing on the stack is worth keeping. */
entry_abandon:
    mov     %gs:CPU_STACK_TOP, %rsp
    jmp     leave_kernel

/* NMI, double fault, machine check: always handled on their IST stack, whatever the origin. */
entry_ist:
    jmp     entry_from_kernel

/* Debug exceptions of the kernel stay on their IST stack; those of user mode move to the context's frame and go the common way. */
entry_debug:
    testb   $3, 0x18(%rsp)
    jz      entry_from_kernel
    push    %rax
    push    %rcx
    swapgs
    mov     %gs:CPU_FRAME_END, %rax
    swapgs
    mov     0x10(%rsp), %rcx
    mov     %rcx, EC_VECTOR-EC_FRAME_END(%rax)
    mov     0x18(%rsp), %rcx
    mov     %rcx, EC_ERROR-EC_FRAME_END(%rax)
    mov     0x20(%rsp), %rcx
    mov     %rcx, EC_RIP-EC_FRAME_END(%rax)
    mov     0x28(%rsp), %rcx
    mov     %rcx, EC_CS-EC_FRAME_END(%rax)
    mov     0x30(%rsp), %rcx
    mov     %rcx, EC_RFLAGS-EC_FRAME_END(%rax)
    mov     0x38(%rsp), %rcx
    mov     %rcx, EC_RSP-EC_FRAME_END(%rax)
    mov     0x40(%rsp), %rcx
    mov     %rcx, EC_SS-EC_FRAME_END(%rax)
    pop     %rcx
    lea     EC_VECTOR-EC_FRAME_END(%rax), %rax
    xchg    %rax, (%rsp)
    /* RAX is the user's again; the new stack pointer lies on top of the old stack. */
    mov     (%rsp), %rsp
    jmp     entry_common

/* From C# that does not return: the current context, on an empty stack. */
.globl leave_kernel_now
leave_kernel_now:
    mov     %gs:CPU_STACK_TOP, %rsp
    jmp     leave_kernel

/* Lets pending interrupts in for a moment; their kernel-mode handlers only leave marks (Hazard). */
.globl interrupt_window
interrupt_window:
    sti
    nop
    cli
    ret

/* Waits for an interrupt. Does not return: the interrupt's handler abandons this stack. */
.globl idle_wait
idle_wait:
    sti
    hlt
    jmp     idle_wait

/* RDI: target, RSI: source, RDX: number of 64-bit words. */
.globl copy_words
copy_words:
    mov     %rdx, %rcx
    rep movsq
    ret

/* One stub per vector. Those for which the CPU pushes no error code push zero. */
.macro STUB vector
.balign 16
stub_\vector:
    .if \vector != 8 && (\vector < 10 || \vector > 14) && \vector != 17 && \vector != 21 && \vector != 29 && \vector != 30
    push    $0
    .endif
    push    $\vector
    .if \vector == 2 || \vector == 8 || \vector == 18
    jmp     entry_ist
    .elseif \vector == 1
    jmp     entry_debug
    .else
    jmp     entry_common
    .endif
.endm

.altmacro
.macro STUBS from, to
    .set    i, \from
    .rept   \to - \from
    STUB    %i
    .set    i, i + 1
    .endr
.endm
STUBS 0, 256

.section .rodata
.balign 8
.globl vector_entry_table
vector_entry_table:
.macro ENTRY vector
    .quad   stub_\vector
.endm
.macro ENTRIES from, to
    .set    i, \from
    .rept   \to - \from
    ENTRY   %i
    .set    i, i + 1
    .endr
.endm
ENTRIES 0, 256

.globl hypercall_table
/* Indexed by the whole identifier byte, so that the frequent calls without flags need not look at them. */
hypercall_table:
.macro HYPERCALLS call, reply, extension
    .quad   \call, \reply, hypercall_create_pd, hypercall_create_ec
    .quad   hypercall_create_sc, hypercall_create_pt, hypercall_create_sm, hypercall_ctrl_pd
    .quad   hypercall_ctrl_ec, hypercall_ctrl_sc, hypercall_ctrl_pt, hypercall_ctrl_sm
    .quad   hypercall_ctrl_hw, hypercall_assign_int, hypercall_assign_dev, \extension
.endm
    HYPERCALLS hypercall_ipc_call, hypercall_ipc_reply, hypercall_probe
.rept 15
    HYPERCALLS hypercall_ipc_call_flags, hypercall_ipc_reply_flags, hypercall_extension
.endr

.section .note.GNU-stack,"",@progbits
