/* How another CPU gets from its start-up interrupt to C#. Smp copies the bytes from trampoline_start to trampoline_end to a page below
   1 MiB, whose number is the start-up vector, and fills in the fields at the front. The page is identity mapped by the tables that the
   CPU starts with. The kernel reads no address of this code: everything is relative to the page. */

        .section .rodata
        .balign 16
        .globl  trampoline_start, trampoline_end
trampoline_start:
        .code16
        jmp     trampoline_16
        .balign 8
#define AT(symbol)      (symbol - trampoline_start)
/* Offsets 0x08 to 0x27: TrampolineFields in Smp.cs. */
trampoline_claim:       .quad 0         /* where the stack of the CPU that is being started begins; 0: none is expected */
trampoline_entry:       .quad 0         /* C#: Smp.Enter */
trampoline_cr3:         .quad 0
trampoline_efer:        .long 0
trampoline_cr0:         .long 0

/* CR0 turns on protected mode and paging at once; EFER says that paging means long mode. */
trampoline_16:
        cli
        cld
        mov     %cs, %bx
        mov     %bx, %ds
        movzwl  %bx, %ebx
        shl     $4, %ebx                /* EBX: physical address of the page */
        lea     AT(trampoline_gdt)(%ebx), %eax
        mov     %eax, AT(trampoline_gdt_register) + 2
        lgdtl   AT(trampoline_gdt_register)
        lea     AT(trampoline_64)(%ebx), %eax
        mov     %eax, AT(trampoline_far)
        mov     $0x20, %eax             /* PAE */
        mov     %eax, %cr4
        mov     AT(trampoline_cr3), %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx
        mov     AT(trampoline_efer), %eax
        xor     %edx, %edx
        wrmsr
        mov     AT(trampoline_cr0), %eax
        mov     %eax, %cr0
        ljmpl   *AT(trampoline_far)

        .code64
trampoline_64:
        /* Only the CPU that the boot CPU waits for goes on. */
        mov     %ebx, %ebx
        xor     %eax, %eax
        xchg    %rax, AT(trampoline_claim)(%rbx)
        test    %rax, %rax
        jz      1f
        mov     %rax, %rsp
        xor     %ebp, %ebp
        call    *AT(trampoline_entry)(%rbx)
1:      cli
        hlt
        jmp     1b

        .balign 8
trampoline_gdt:         .quad 0, 0x00af9b000000ffff
trampoline_gdt_register: .short 15
                        .long 0
trampoline_far:         .long 0
                        .short 0x08
trampoline_end:

        .section .note.GNU-stack, "", @progbits
