/* The doors between user mode and the kernel: system call, exceptions, interrupts, and the one way out.

   One stack per CPU. An entry from user mode saves the user's registers in the current execution context's frame, to whose end
   TSS.RSP0 points, and starts on the empty kernel stack; the C# handler returns; leave_kernel resumes whatever context is current then.

   A system call saves only the registers that the C calling convention allows a callee to destroy. RBX, RBP and R12-R15 are preserved
   by the C# code; they are stored in the old frame and loaded from the new one only if the current context has changed. CPU_FRAME_END
   names the frame whose callee-saved registers are live.

   IPC between two contexts that are ready for it does not leave this file ("ipc"). */

#include "registers.h"

.text

/* The registers of struct Registers from R15 down, as PUSH and IRET want them; in the middle stands the place of CR2. */
.macro PUSH_ALL registers:vararg
    .irp register, \registers
    push    %\register
    .endr
.endm
#define ABOVE_CR2 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp
#define BELOW_CR2 rbx, rdx, rcx, rax

/* All of them, CR2 apart; vector and error code go too. */
.macro POP_AND_IRET
    .irp register, rax, rcx, rdx, rbx
    pop     %\register
    .endr
    add     $8, %rsp
    .irp register, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
    pop     %\register
    .endr
    add     $16, %rsp
    iretq
.endm

/* RFLAGS as C# wants them, whatever the user had: DF clear; AC clear, or SMAP would not hold. Interrupts stay off. */
.macro CLEAN_FLAGS
    push    $2
    popfq
.endm

/* RDI: identifier and first parameter; RCX: user RIP; R11: user RFLAGS, which the interface defines as RFLAGS_USER on return. */
.globl syscall_entry
.balign 64
syscall_entry:
    swapgs
    mov     %gs:CPU_CURRENT, %r11
    mov     %rsp, EC_rsp(%r11)
    mov     %gs:CPU_STACK_TOP, %rsp
    mov     %rcx, EC_RIP(%r11)
    STORE   (%r11), rax, rdx, rsi, r8, r9, r10
    cmp     $1, %dil
    jbe     ipc
general:
    mov     %rdi, EC_rdi(%r11)
    mov     %edi, %eax
    and     $HYPERCALL_NUMBER, %eax
    mov     %r11, %rdi
    mov     %gs:CPU_SELF, %rsi
    call    *hypercall_table(,%rax,8)

/* Resumes the current execution context. RSP is the empty kernel stack. */
.globl leave_kernel
leave_kernel:
    mov     %gs:CPU_CURRENT, %rdi
    lea     EC_FRAME_END(%rdi), %rcx
    cmp     %gs:CPU_FRAME_END, %rcx
    jne     switch_frames
    movzwl  EC_HAZARD(%rdi), %eax
    or      %gs:CPU_HAZARD, %eax
    or      EC_CONTINUATION(%rdi), %rax
    jnz     resume_unusual
resume:
    LOAD    (%rdi), rax, rdx, rsi, r8, r9, r10
    mov     EC_RIP(%rdi), %rcx
    mov     $RFLAGS_USER, %r11d
    LOAD    (%rdi), rsp, rdi
    swapgs
    sysretq

/* RCX: end of the current context's frame; RDI: the context. */
switch_frames:
    mov     %gs:CPU_FRAME_END, %rax
    STORE   -EC_FRAME_END(%rax), PRESERVED
    mov     %rcx, %gs:CPU_FRAME_END
    movzwl  EC_HAZARD(%rdi), %eax
    or      %gs:CPU_HAZARD, %eax
    or      EC_CONTINUATION(%rdi), %rax
    cmp     $1, %rax
    je      return_from_interrupt
    LOAD    (%rdi), PRESERVED
    test    %rax, %rax
    jz      resume

/* A hazard, or not a return from a hypercall: RAX, the sum of both, is 1 to return from an interrupt (no hazard has that bit). A C#
   continuation comes before hazards. */
resume_unusual:
    cmp     $1, %rax
    je      return_from_interrupt
    mov     EC_CONTINUATION(%rdi), %rax
    cmp     $1, %rax
    jbe     hazards
    call    *%rax
    jmp     leave_kernel

return_from_interrupt:
    movq    $0, EC_CONTINUATION(%rdi)
    lea     EC_rax(%rdi), %rsp
    swapgs
    POP_AND_IRET

/* Something must happen before the context may run. The frame is completed first: events read it. */
hazards:
    STORE   (%rdi), PRESERVED
    call    hazards_handle
    jmp     leave_kernel

/* ipc_call and ipc_reply without flags, as they mostly are: a near selector, a callee of this CPU that waits and has no window, a caller
   that is not too deep in calls; a caller that made a plain call and whose time this is; nobody's FPU to be switched. All else is left to C# (Call, Reply), which does the same
   at length: up to the first change of anything but the registers named here the way to "general" is open. R11 is the current context,
   RDI and RSI hold what the user passed. Contexts of a chain are bound to one CPU, and its kernel is not interrupted: no locks. */
ipc:
    je      ipc_reply
    mov     %rdi, %rax
    shr     $16, %rax
    cmp     $OBJECTS_NEAR_TABLES, %rax
    jae     general
    mov     EC_OBJECTS(%r11), %rcx
    mov     OBJECTS_DIRECTORY(%rcx), %rcx
    mov     (%rcx,%rax,8), %rcx
    mov     %edi, %eax
    movzbl  %ah, %eax
    mov     (%rcx,%rax,8), %rdx
    test    $PORTAL_CALL, %dl
    jz      general
    and     $-64, %rdx
    cmpb    $OBJECT_PORTAL, (%rdx)
    jne     general
    mov     PORTAL_CONTEXT(%rdx), %rcx
    mov     EC_READINESS(%rcx), %eax
    cmp     %gs:CPU_NUMBER, %eax
    jne     general
    movzwl  EC_STATE(%r11), %eax
    inc     %ah
    jz      general
    mov     %ax, EC_STATE(%rcx)
    mov     %r11, EC_CALLER(%rcx)
    mov     %rcx, EC_CALLEE(%r11)
    mov     %gs:CPU_SERIAL, %rax
    mov     %rax, EC_DONOR(%rcx)
    mov     PORTAL_IP(%rdx), %rax
    mov     %rax, EC_RIP(%rcx)
    mov     PORTAL_ID(%rdx), %rdi

/* RCX: the context to which the message goes, and the CPU with it; RDI, RSI: what its user will find there; R11: where both come from. */
deliver:
    mov     EC_UTCB(%r11), %r8
    mov     EC_UTCB(%rcx), %r9
    mov     %esi, %esi
    test    $MTD_WORDS, %esi
    jnz     deliver_words
    mov     (%r8), %r8
    mov     %r8, (%r9)
delivered:
    mov     %rcx, %gs:CPU_CURRENT
    mov     EC_FPU_SELF(%rcx), %rax
    cmp     %gs:CPU_FPU_USER, %rax
    jne     deliver_slowly

    /* Cpu.Switch and HostSpace.Activate say why the rest is right. */
    mov     EC_HOST(%rcx), %r8
    cmp     %gs:CPU_SPACE, %r8
    je      same_space
    mov     EC_PORTS(%rcx), %rax
    mov     PORTS_IN_FORCE(%rax), %rax
    cmp     %gs:CPU_IO_BITMAP, %rax
    jne     switch_ports
switch_space:
    mov     HOST_STAMP(%r8), %rax
    mov     HOST_SLOT(%r8), %rdx
    cmp     %rax, %gs:(%rdx)
    jne     deliver_slowly
    mov     %r8, %gs:CPU_SPACE
    mov     HOST_ROOT(%r8), %rdx
    mov     %rdx, %cr3
    cmp     %rax, HOST_STAMP(%r8)
    jne     space_changed
same_space:
    movzwl  EC_HAZARD(%rcx), %eax
    or      %gs:CPU_HAZARD, %eax
    jnz     deliver_slowly
    STORE   (%r11), PRESERVED
    lea     EC_FRAME_END(%rcx), %rax
    mov     %rax, %gs:CPU_FRAME_END
    LOAD    (%rcx), PRESERVED
    LOAD    (%rcx), rax, rdx, r8, r9, r10, rsp
    mov     EC_RIP(%rcx), %rcx
    mov     $RFLAGS_USER, %r11d
    swapgs
    sysretq

ipc_reply:
    mov     EC_CALLER(%r11), %rcx
    test    %rcx, %rcx
    jz      general
    testb   $EC_FLAGS_UNUSUAL, EC_FLAGS(%rcx)
    jnz     unusual_reply
    mov     %gs:CPU_SERIAL, %rax
    cmp     EC_DONOR(%r11), %rax
    jne     general
    movq    $0, EC_CALLEE(%rcx)
    movq    $0, EC_CALLER(%r11)
    movb    $STATE_WAITING, EC_STATE(%r11)
    xor     %edi, %edi
    jmp     deliver

unusual_reply:
    testb   $EC_FLAGS_GUEST, EC_FLAGS(%rcx)
    jnz     vmx_reply
    testb   $EC_FLAGS_IN_EVENT, EC_FLAGS(%rcx)
    jz      general
    mov     %r11, %rsi
    mov     %rcx, %rdx
    HANDLE  event_reply

deliver_words:
    mov     %rcx, %rdx
    xchg    %rsi, %r8
    xchg    %rdi, %r9
    mov     %r8d, %ecx
    and     $MTD_WORDS, %ecx
    inc     %ecx
    rep movsq
    mov     %rdx, %rcx
    mov     %r8, %rsi
    mov     %r9, %rdi
    jmp     delivered

/* RAX: the bitmap of the domain that is entered, or 0. */
switch_ports:
    test    %rax, %rax
    jz      no_ports
    cmp     %gs:CPU_MAPPED_IO_BITMAP, %rax
    jne     deliver_slowly
    mov     %rax, %gs:CPU_IO_BITMAP
    movw    $IO_BITMAP_BASE, %gs:CPU_IO_BITMAP_BASE
    jmp     switch_space
no_ports:
    mov     %rax, %gs:CPU_IO_BITMAP
    movw    $IO_NO_BITMAP, %gs:CPU_IO_BITMAP_BASE
    jmp     switch_space

deliver_slowly:
    STORE   (%rcx), rdi, rsi
    mov     %rcx, %rsi
    HANDLE  cpu_switch

space_changed:
    STORE   (%rcx), rdi, rsi
    HANDLE  host_space_changed

/* Exceptions and interrupts. The CPU pushed SS, RSP, RFLAGS, CS, RIP; the stubs add error code and vector. */
entry_interrupt:
    andq    $0xff, (%rsp)
    push    (%rsp)
    movq    $0, 8(%rsp)
entry_common:
    testb   $3, 0x18(%rsp)
    jz      entry_from_kernel
    swapgs
    PUSH_ALL ABOVE_CR2
    sub     $8, %rsp
    PUSH_ALL BELOW_CR2
    lea     -EC_rax(%rsp), %rsi
handle_user:
    mov     %gs:CPU_STACK_TOP, %rsp
    CLEAN_FLAGS
    movq    $1, EC_CONTINUATION(%rsi)
    mov     EC_VECTOR(%rsi), %edx
    HANDLE  entry_handle_user

/* On a kernel or IST stack, GS unknown on the latter: the handlers find their CPU by the stack. Debug exceptions, NMI, double fault and
   machine check come here whatever their origin. */
entry_from_kernel:
    PUSH_ALL ABOVE_CR2
    mov     %cr2, %rbp
    push    %rbp
    PUSH_ALL BELOW_CR2
    mov     %rsp, %rdi
    mov     %rsp, %rbp
    and     $-16, %rsp
    CLEAN_FLAGS
    call    entry_handle_kernel
    test    %eax, %eax
    jnz     entry_abandon
    mov     %rbp, %rsp
    POP_AND_IRET

/* Nothing on the stack is worth keeping: an interrupt has ended the idle loop, or user mode's debug exception, which is handled like others
   now, lies in the frame of its context. RBP: the registers on the stack. */
entry_abandon:
    testb   $3, EC_CS-EC_rax(%rbp)
    jz      leave_kernel_now
    mov     EC_rbp-EC_rax(%rbp), %rbp
    swapgs
    mov     %gs:CPU_CURRENT, %rsi
    jmp     handle_user

/* From C# that does not return: the current context, on an empty stack. */
.globl leave_kernel_now
leave_kernel_now:
    mov     %gs:CPU_STACK_TOP, %rsp
    jmp     leave_kernel

/* Where the IDT leads. Exceptions: a stub of 16 bytes each, which pushes zero where the CPU pushes no error code. */
.globl exception_stubs, interrupt_stubs
.balign 16
exception_stubs:
    .set    i, 0
.rept 32
    .balign 16
    .if i != 8 && (i < 10 || i > 14) && i != 17 && i != 21 && i != 29 && i != 30
    push    $0
    .endif
    push    $i
    .if i == 1 || i == 2 || i == 8 || i == 18
    jmp     entry_from_kernel
    .else
    jmp     entry_common
    .endif
    .set    i, i + 1
.endr

/* Interrupts: four bytes each, in groups of 32 and a jump for all of them, which pad the group to 136 bytes. Each has a name, since one
   function would seem to push them all. */
.altmacro
.macro INTERRUPT vector
interrupt_\vector:
    .byte   0x6a, \vector               /* PUSH imm8, sign-extended */
    jmp     1f
.endm
.balign 16
interrupt_stubs:
.rept 7
    .rept 32
    INTERRUPT %i
    .set    i, i + 1
    .endr
1:  jmp     entry_interrupt
    .balign 8
.endr

.section .rodata
.balign 8
hypercall_table:
    .quad   hypercall_ipc_call, hypercall_ipc_reply, hypercall_create_pd, hypercall_create_ec
    .quad   hypercall_create_sc, hypercall_create_pt, hypercall_create_sm, hypercall_ctrl_pd
    .quad   hypercall_ctrl_ec, hypercall_ctrl_sc, hypercall_ctrl_pt, hypercall_ctrl_sm
    .quad   hypercall_ctrl_hw, hypercall_assign_int, hypercall_assign_dev, hypercall_extension

.section .note.GNU-stack,"",@progbits
