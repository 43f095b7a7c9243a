/* What both vendors need. */

#include "../arch/x86_64/offsets.h"

.text

/* The long way of a reply to a guest's event. R11: the handler; RCX: the guest. */
.globl reply_to_guest
reply_to_guest:
    mov     %gs:CPU_SELF, %rdi
    mov     %r11, %rsi
    mov     %rcx, %rdx
    call    guests_reply
    jmp     leave_kernel

/* DR0 to DR3, which no vendor switches with the guest. */

/* RDI: where the four go. */
.globl debug_save
debug_save:
    mov     %dr0, %rax
    mov     %rax, (%rdi)
    mov     %dr1, %rax
    mov     %rax, 8(%rdi)
    mov     %dr2, %rax
    mov     %rax, 16(%rdi)
    mov     %dr3, %rax
    mov     %rax, 24(%rdi)
    ret

/* RDI: where the four come from. */
.globl debug_load
debug_load:
    mov     (%rdi), %rax
    mov     %rax, %dr0
    mov     8(%rdi), %rax
    mov     %rax, %dr1
    mov     16(%rdi), %rax
    mov     %rax, %dr2
    mov     24(%rdi), %rax
    mov     %rax, %dr3
    ret

.section .note.GNU-stack,"",@progbits
