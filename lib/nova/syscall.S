/* The syscall instruction in the shapes that C# can call: System V registers in, hypercall registers out (NOVA interface specification of
   24 January 2024, section 8.8). A hypercall keeps every register that it does not return something in, except RCX and R11, so the
   callee-saved registers of the caller need no care. Only RDI bits 7-0 of the status are defined. */

        .text

/* uint nova_syscall(rdi, rsi, rdx, rcx = the hypercall's rax, r8): every hypercall that returns nothing but its status. */
        .globl  nova_syscall
        .type   nova_syscall, @function
nova_syscall:
        .cfi_startproc
        mov     %rcx, %rax
        syscall
        movzbl  %dil, %eax
        ret
        .cfi_endproc
        .size   nova_syscall, . - nova_syscall

/* ulong nova_ipc_call(rdi, esi = mtd): status in bits 7-0, mtd of the reply in bits 63-32. */
        .globl  nova_ipc_call
        .type   nova_ipc_call, @function
nova_ipc_call:
        .cfi_startproc
        syscall
        shl     $32, %rsi
        movzbl  %dil, %eax
        or      %rsi, %rax
        ret
        .cfi_endproc
        .size   nova_ipc_call, . - nova_ipc_call

/* uint nova_syscall_rsi(rdi, rsi = where to put the hypercall's rsi): ctrl_sc. */
        .globl  nova_syscall_rsi
        .type   nova_syscall_rsi, @function
nova_syscall_rsi:
        .cfi_startproc
        push    %rsi
        .cfi_adjust_cfa_offset 8
        syscall
        pop     %rdx
        .cfi_adjust_cfa_offset -8
        mov     %rsi, (%rdx)
        movzbl  %dil, %eax
        ret
        .cfi_endproc
        .size   nova_syscall_rsi, . - nova_syscall_rsi

/* uint nova_syscall_rsi_rdx(rdi, rsi, rdx, rcx = where to put the hypercall's rsi and rdx): assign_int. */
        .globl  nova_syscall_rsi_rdx
        .type   nova_syscall_rsi_rdx, @function
nova_syscall_rsi_rdx:
        .cfi_startproc
        push    %rcx
        .cfi_adjust_cfa_offset 8
        syscall
        pop     %rcx
        .cfi_adjust_cfa_offset -8
        mov     %rsi, (%rcx)
        mov     %rdx, 8(%rcx)
        movzbl  %dil, %eax
        ret
        .cfi_endproc
        .size   nova_syscall_rsi_rdx, . - nova_syscall_rsi_rdx

/* uint nova_syscall_block(rdi = SyscallRegisters): RDI, RSI, RDX, RAX, R8, R9 from the block and back into it. */
        .globl  nova_syscall_block
        .type   nova_syscall_block, @function
nova_syscall_block:
        .cfi_startproc
        push    %rdi
        .cfi_adjust_cfa_offset 8
        mov     8(%rdi), %rsi
        mov     16(%rdi), %rdx
        mov     24(%rdi), %rax
        mov     32(%rdi), %r8
        mov     40(%rdi), %r9
        mov     (%rdi), %rdi
        syscall
        pop     %rcx
        .cfi_adjust_cfa_offset -8
        mov     %rdi, (%rcx)
        mov     %rsi, 8(%rcx)
        mov     %rdx, 16(%rcx)
        mov     %rax, 24(%rcx)
        mov     %r8, 32(%rcx)
        mov     %r9, 40(%rcx)
        movzbl  %dil, %eax
        ret
        .cfi_endproc
        .size   nova_syscall_block, . - nova_syscall_block

/* void nova_ipc_reply(edi = mtd, rsi = next rsp): never returns. The next message enters at its portal's instruction pointer with the stack
   pointer given here and the portal's identifier in RDI, the message's mtd in RSI. */
        .globl  nova_ipc_reply
        .type   nova_ipc_reply, @function
nova_ipc_reply:
        mov     %rsi, %rsp
        mov     %edi, %esi
        mov     $1, %edi
        syscall
        ud2
        .size   nova_ipc_reply, . - nova_ipc_reply

/* void nova_ipc_reply_block(rdi = SyscallRegisters, rsi = next rsp): the same with items and windows. */
        .globl  nova_ipc_reply_block
        .type   nova_ipc_reply_block, @function
nova_ipc_reply_block:
        mov     %rsi, %rsp
        mov     8(%rdi), %rsi
        mov     16(%rdi), %rdx
        mov     24(%rdi), %rax
        mov     32(%rdi), %r8
        mov     40(%rdi), %r9
        mov     (%rdi), %rdi
        syscall
        ud2
        .size   nova_ipc_reply_block, . - nova_ipc_reply_block

/* ulong nova_time(void): the system time counter, section 3.1. */
        .globl  nova_time
        .type   nova_time, @function
nova_time:
        .cfi_startproc
        rdtsc
        shl     $32, %rdx
        or      %rdx, %rax
        ret
        .cfi_endproc
        .size   nova_time, . - nova_time

        .section .note.GNU-stack, "", @progbits
