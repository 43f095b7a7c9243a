/* VMRUN and what must surround it (APM volume 2, sections 15.5 and 15.6). See Svm.cs.

   The CPU switches what is listed there; VMLOAD and VMSAVE move FS, GS, TR, LDTR and the system call registers; general registers are
   moved here. From CLGI to STGI nothing comes in: an interrupt or NMI that arrives meanwhile ends the guest at once, or waits. Interrupts
   are enabled for VMRUN alone, since the host's flag decides while the guest runs whether they end it. */

#include "../../arch/x86_64/offsets.h"

.text

/* RDI: context, RSI: physical address of its control block, RDX: that of the host's for VMLOAD. Does not return. The frame's RSP slot and
   RAX are unused: the guest's lie in its block. */
.globl svm_enter
svm_enter:
    push    %rdx
    mov     %rsi, %rax
    mov     EC_RCX(%rdi), %rcx
    mov     EC_RDX(%rdi), %rdx
    mov     EC_RBX(%rdi), %rbx
    mov     EC_RBP(%rdi), %rbp
    mov     EC_RSI(%rdi), %rsi
    mov     EC_R8(%rdi), %r8
    mov     EC_R9(%rdi), %r9
    mov     EC_R10(%rdi), %r10
    mov     EC_R11(%rdi), %r11
    mov     EC_R12(%rdi), %r12
    mov     EC_R13(%rdi), %r13
    mov     EC_R14(%rdi), %r14
    mov     EC_R15(%rdi), %r15
    mov     EC_RDI(%rdi), %rdi
    clgi
    vmload  %rax
    sti
    vmrun   %rax
    vmsave  %rax
    pop     %rax
    vmload  %rax
    cli
    stgi
    mov     %gs:CPU_CURRENT, %rax
    mov     %rcx, EC_RCX(%rax)
    mov     %rdx, EC_RDX(%rax)
    mov     %rbx, EC_RBX(%rax)
    mov     %rbp, EC_RBP(%rax)
    mov     %rsi, EC_RSI(%rax)
    mov     %rdi, EC_RDI(%rax)
    mov     %r8, EC_R8(%rax)
    mov     %r9, EC_R9(%rax)
    mov     %r10, EC_R10(%rax)
    mov     %r11, EC_R11(%rax)
    mov     %r12, EC_R12(%rax)
    mov     %r13, EC_R13(%rax)
    mov     %r14, EC_R14(%rax)
    mov     %r15, EC_R15(%rax)
    mov     %rax, %rsi
    mov     %gs:CPU_SELF, %rdi
    mov     %gs:CPU_STACK_TOP, %rsp
    call    svm_exit
    jmp     leave_kernel

/* RDI: physical address of the page that takes what VMSAVE saves. */
.globl svm_save_host
svm_save_host:
    mov     %rdi, %rax
    vmsave  %rax
    ret

.section .note.GNU-stack,"",@progbits
