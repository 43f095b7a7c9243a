/* A portal in assembly: records the registers with which it is entered, replies with the MTD it received, and leaves the stack pointer alone. */

        .text
        .globl  portal_record
        .type   portal_record, @function
portal_record:
        mov     %rax, portal_registers(%rip)
        mov     %rcx, portal_registers + 8(%rip)
        mov     %rdx, portal_registers + 16(%rip)
        mov     %rsp, portal_registers + 32(%rip)
        mov     %rsi, portal_registers + 48(%rip)
        mov     %rdi, portal_registers + 56(%rip)
        mov     %r11, portal_registers + 88(%rip)
        pushfq
        pop     portal_registers + 128(%rip)
        mov     $1, %edi
        syscall
        ud2
        .size   portal_record, . - portal_record

        .globl  portal_record_address
        .type   portal_record_address, @function
portal_record_address:
        lea     portal_record(%rip), %rax
        ret
        .size   portal_record_address, . - portal_record_address

        .globl  portal_registers_address
        .type   portal_registers_address, @function
portal_registers_address:
        lea     portal_registers(%rip), %rax
        ret
        .size   portal_registers_address, . - portal_registers_address

        .bss
        .balign 8
portal_registers:
        .skip   144

        .section .note.GNU-stack, "", @progbits
