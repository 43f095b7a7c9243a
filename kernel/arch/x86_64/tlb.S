/* Instructions of address translation that the compiler cannot emit (see Tlb.cs). System V calling convention. */

.text

/* RDI: virtual address. */
.globl tlb_invalidate_page
tlb_invalidate_page:
    invlpg  (%rdi)
    ret

/* RDI: page-table root, process-context identifier, bit 63 to keep its translations. */
.globl tlb_write_cr3
tlb_write_cr3:
    mov     %rdi, %cr3
    ret

/* RDI: page-table root to enter; RSI: the stamp of the space that its translations reflect; RDX: where the stamp stands. */
.globl tlb_enter
tlb_enter:
    mov     %rdi, %cr3
    cmp     %rsi, (%rdx)
    jne     host_space_changed
    ret
