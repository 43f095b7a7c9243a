/* What both vendors need. */

#include "../arch/x86_64/registers.h"

.text

/* The long way of a reply to a guest's event. R11: the handler; RCX: the guest. */
.globl reply_to_guest
reply_to_guest:
    mov     %r11, %rsi
    mov     %rcx, %rdx
    HANDLE  guests_reply

/* DR0 to DR3, which no vendor switches with the guest. */

/* RDI: where the four go. */
.globl debug_save
debug_save:
    .irp    number, 0, 1, 2, 3
    mov     %dr\number, %rax
    mov     %rax, 8 * \number(%rdi)
    .endr
    ret

/* RDI: where the four come from. */
.globl debug_load
debug_load:
    .irp    number, 0, 1, 2, 3
    mov     8 * \number(%rdi), %rax
    mov     %rax, %dr\number
    .endr
    ret

.section .note.GNU-stack,"",@progbits
