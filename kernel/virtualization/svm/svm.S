/* VMRUN and what must surround it (APM volume 2, sections 15.5 and 15.6). See Svm.cs.

   The CPU switches what is listed there; VMLOAD and VMSAVE move FS, GS, TR, LDTR and the system call registers; general registers are
   moved here. From CLGI to STGI nothing comes in: an interrupt or NMI that arrives meanwhile ends the guest at once, or waits. Interrupts
   are enabled for VMRUN alone, since the host's flag decides while the guest runs whether they end it. */

#include "../../arch/x86_64/registers.h"

.text

/* RDI: context, RSI: physical address of its control block, RDX: that of the host's for VMLOAD. Does not return. The frame's RSP slot and
   RAX are unused: the guest's lie in its block. */
.globl svm_enter
svm_enter:
    push    %rdx
    mov     %rsi, %rax
    LOAD    (%rdi), rcx, rdx, rbx, rbp, rsi, r8, r9, r10, r11, r12, r13, r14, r15, rdi
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
    STORE   (%rax), rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
    mov     %rax, %rsi
    mov     %gs:CPU_STACK_TOP, %rsp
    HANDLE  svm_exit

/* RDI: physical address of the page that takes what VMSAVE saves. */
.globl svm_save_host
svm_save_host:
    mov     %rdi, %rax
    vmsave  %rax
    ret

.section .note.GNU-stack,"",@progbits
