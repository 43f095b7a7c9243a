/* The doors between user mode and the kernel: system call, exceptions, interrupts, and the one way out.

   One stack per CPU. An entry from user mode saves the user's registers in the current execution context's frame, to whose end
   TSS.RSP0 points, and starts on the empty kernel stack; the C# handler returns; leave_kernel resumes whatever context is current then.

   A system call saves only the registers that the C calling convention allows a callee to destroy. RBX, RBP and R12-R15 are preserved
   by the C# code; they are stored in the old frame and loaded from the new one only if the current context has changed. CPU_FRAME_END
   names the frame whose callee-saved registers are live.

   IPC between two contexts that are ready for it does not leave this file ("ipc"). */

#include "offsets.h"

.text

/* The registers of struct Registers from R15 down to RBP, which stand above the place of CR2; CR2 and the other four follow by hand. */
.macro SAVE_HIGH_REGISTERS
    .irp register, r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp
    push    %\register
    .endr
.endm

.macro SAVE_LOW_REGISTERS
    .irp register, rbx, rdx, rcx, rax
    push    %\register
    .endr
.endm

/* All of them, CR2 apart; then vector and error code are gone too, and IRET can follow. */
.macro RESTORE_REGISTERS
    .irp register, rax, rcx, rdx, rbx
    pop     %\register
    .endr
    add     $8, %rsp
    .irp register, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
    pop     %\register
    .endr
    add     $16, %rsp
.endm

/* What the calling convention preserves, in the frame that ends BASE behind a register. */
.macro STORE_PRESERVED frame, base=0
    mov     %rbx, EC_RBX-\base(\frame)
    mov     %rbp, EC_RBP-\base(\frame)
    mov     %r12, EC_R12-\base(\frame)
    mov     %r13, EC_R13-\base(\frame)
    mov     %r14, EC_R14-\base(\frame)
    mov     %r15, EC_R15-\base(\frame)
.endm

.macro LOAD_PRESERVED frame
    mov     EC_RBX(\frame), %rbx
    mov     EC_RBP(\frame), %rbp
    mov     EC_R12(\frame), %r12
    mov     EC_R13(\frame), %r13
    mov     EC_R14(\frame), %r14
    mov     EC_R15(\frame), %r15
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
    mov     %rsp, EC_RSP(%r11)
    mov     %gs:CPU_STACK_TOP, %rsp
    mov     %rcx, EC_RIP(%r11)
    mov     %rax, EC_RAX(%r11)
    mov     %rdx, EC_RDX(%r11)
    mov     %rsi, EC_RSI(%r11)
    mov     %r8, EC_R8(%r11)
    mov     %r9, EC_R9(%r11)
    mov     %r10, EC_R10(%r11)
    cmp     $1, %dil
    jbe     ipc
general:
    mov     %rdi, EC_RDI(%r11)
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
    mov     EC_HAZARD(%rdi), %eax
    or      %gs:CPU_HAZARD, %eax
    or      EC_CONTINUATION(%rdi), %rax
    jnz     resume_unusual
resume:
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

/* RCX: end of the current context's frame; RDI: the context. */
switch_frames:
    mov     %gs:CPU_FRAME_END, %rax
    STORE_PRESERVED %rax, EC_FRAME_END
    mov     %rcx, %gs:CPU_FRAME_END
    mov     EC_HAZARD(%rdi), %eax
    or      %gs:CPU_HAZARD, %eax
    or      EC_CONTINUATION(%rdi), %rax
    cmp     $1, %rax
    je      return_from_interrupt
    LOAD_PRESERVED %rdi
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
    lea     EC_RAX(%rdi), %rsp
    RESTORE_REGISTERS
    swapgs
    iretq

/* Something must happen before the context may run. The frame is completed first: events read it. */
hazards:
    STORE_PRESERVED %rdi
    call    hazards_handle
    jmp     leave_kernel

/* ipc_call and ipc_reply without flags, as they mostly are: a near selector, a callee of this CPU that waits and has no window, a caller
   that made a plain call and whose time this is, nobody's FPU to be switched. All else is left to C# (Call, Reply), which does the same
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
    mov     %r11, EC_CALLER(%rcx)
    mov     %rcx, EC_CALLEE(%r11)
    movq    $STATUS_SUCCESS, EC_RDI(%r11)
    mov     %gs:CPU_CURRENT_SC, %rax
    mov     SC_SERIAL(%rax), %rax
    mov     %rax, EC_DONOR(%rcx)
    movb    $STATE_RUNNING, EC_STATE(%rcx)
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
    mov     EC_HAZARD(%rcx), %eax
    or      %gs:CPU_HAZARD, %eax
    jnz     deliver_slowly
    STORE_PRESERVED %r11
    lea     EC_FRAME_END(%rcx), %rax
    mov     %rax, %gs:CPU_FRAME_END
    LOAD_PRESERVED %rcx
    mov     EC_RAX(%rcx), %rax
    mov     EC_RDX(%rcx), %rdx
    mov     EC_R8(%rcx), %r8
    mov     EC_R9(%rcx), %r9
    mov     EC_R10(%rcx), %r10
    mov     EC_RSP(%rcx), %rsp
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
    mov     %gs:CPU_CURRENT_SC, %rax
    mov     SC_SERIAL(%rax), %rax
    cmp     EC_DONOR(%r11), %rax
    jne     general
    movq    $0, EC_CALLEE(%rcx)
    movq    $0, EC_CALLER(%r11)
    movb    $STATE_WAITING, EC_STATE(%r11)
    mov     EC_RDI(%rcx), %rdi
    jmp     deliver

unusual_reply:
    testb   $EC_FLAGS_GUEST, EC_FLAGS(%rcx)
    jnz     vmx_reply
    testb   $EC_FLAGS_IN_EVENT, EC_FLAGS(%rcx)
    jz      general
    mov     %gs:CPU_SELF, %rdi
    mov     %r11, %rsi
    mov     %rcx, %rdx
    call    event_reply
    jmp     leave_kernel

deliver_words:
    mov     %rdi, %r10
    mov     %rsi, %rax
    mov     %rcx, %rdx
    mov     %r8, %rsi
    mov     %r9, %rdi
    mov     %eax, %ecx
    and     $MTD_WORDS, %ecx
    inc     %ecx
    rep movsq
    mov     %rdx, %rcx
    mov     %rax, %rsi
    mov     %r10, %rdi
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
    mov     %rdi, EC_RDI(%rcx)
    mov     %rsi, EC_RSI(%rcx)
    mov     %rcx, %rsi
    mov     %gs:CPU_SELF, %rdi
    call    cpu_switch
    jmp     leave_kernel

space_changed:
    mov     %rdi, EC_RDI(%rcx)
    mov     %rsi, EC_RSI(%rcx)
    call    host_space_changed
    jmp     leave_kernel

/* Exceptions and interrupts. The CPU pushed SS, RSP, RFLAGS, CS, RIP; the stubs add error code and vector. */
entry_interrupt:
    andq    $0xff, (%rsp)
    push    (%rsp)
    movq    $0, 8(%rsp)
entry_common:
    testb   $3, 0x18(%rsp)
    jz      entry_from_kernel
    swapgs
    SAVE_HIGH_REGISTERS
    sub     $8, %rsp
    SAVE_LOW_REGISTERS
    lea     -EC_RAX(%rsp), %rsi
    mov     %gs:CPU_STACK_TOP, %rsp
    CLEAN_FLAGS
    movq    $1, EC_CONTINUATION(%rsi)
    mov     EC_VECTOR(%rsi), %edx
    mov     %gs:CPU_SELF, %rdi
    call    entry_handle_user
    jmp     leave_kernel

/* On a kernel or IST stack, GS unknown on the latter: the handlers find their CPU by the stack. NMI, double fault and machine check come
   here whatever their origin. */
entry_from_kernel:
    SAVE_HIGH_REGISTERS
    mov     %cr2, %rbp
    push    %rbp
    SAVE_LOW_REGISTERS
    mov     %rsp, %rdi
    mov     %rsp, %rbp
    and     $-16, %rsp
    CLEAN_FLAGS
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

/* Debug exceptions of the kernel stay on their IST stack; those of user mode move to the context's frame and go the common way. */
entry_debug:
    testb   $3, 0x18(%rsp)
    jz      entry_from_kernel
    push    %rax
    push    %rcx
    swapgs
    mov     %gs:CPU_FRAME_END, %rax
    swapgs
    .set    i, 0x10
    .irp    place, EC_VECTOR, EC_ERROR, EC_RIP, EC_CS, EC_RFLAGS, EC_RSP, EC_SS
    mov     i(%rsp), %rcx
    mov     %rcx, \place-EC_FRAME_END(%rax)
    .set    i, i + 8
    .endr
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

/* Where the IDT leads. Exceptions: a stub of 16 bytes each, which pushes zero where the CPU pushes no error code. */
.altmacro
.macro EXCEPTION vector
.balign 16
exception_\vector:
    .if \vector != 8 && (\vector < 10 || \vector > 14) && \vector != 17 && \vector != 21 && \vector != 29 && \vector != 30
    push    $0
    .endif
    push    $\vector
    .if \vector == 2 || \vector == 8 || \vector == 18
    jmp     entry_from_kernel
    .elseif \vector == 1
    jmp     entry_debug
    .else
    jmp     entry_common
    .endif
.endm
.globl exception_stubs, interrupt_stubs
.balign 16
exception_stubs:
    .set    i, 0
.rept 32
    EXCEPTION %i
    .set    i, i + 1
.endr

/* Interrupts: four bytes each, in groups of 32 and a jump for all of them, which pad the group to 136 bytes. */
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
