/* The instructions of VMX, and the doors between kernel and guest (SDM volume 3, chapters 24 to 31). System V calling convention.

   A guest leaves with RSP at the end of the general registers in its context's frame (HOST_RSP), so that the exit looks like an exception
   of a thread: frame complete, empty kernel stack, C#, leave_kernel. GS is the CPU's block already (HOST_GS_BASE), RFLAGS are clean. */

#include "../../arch/x86_64/offsets.h"

#define IA32_STAR           0xc0000081
#define IA32_LSTAR          0xc0000082
#define IA32_FMASK          0xc0000084
#define IA32_KERNEL_GS_BASE 0xc0000102

#define FIELD_EXIT_REASON        0x4402
#define FIELD_INSTRUCTION_LENGTH 0x440c
#define FIELD_INSTRUCTION_INFO   0x440e
#define FIELD_QUALIFICATION      0x6400
#define FIELD_LINEAR_ADDRESS     0x640a
#define FIELD_PHYSICAL_ADDRESS   0x2400
#define FIELD_RIP                0x681e

.text

.macro ROUTINE name
        .balign 4
        .globl  \name
\name:
.endm

/* RDI: physical address. EAX: 1, or 0 if the CPU refuses. */
.macro REGION instruction
ROUTINE vmx_\instruction
        push    %rdi
        \instruction (%rsp)
        pop     %rdi
        seta    %al
        movzbl  %al, %eax
        ret
.endm
REGION vmxon
REGION vmclear
REGION vmptrld

/* RDI: field. RAX: value. */
ROUTINE vmx_read
        vmread  %rdi, %rax
        ret
/* RDI: field, RSI: value. */
ROUTINE vmx_write
        vmwrite %rsi, %rdi
        ret

/* RDI: kind; RSI, RDX: descriptor. */
ROUTINE vmx_invept
        push    %rdx
        push    %rsi
        invept  (%rsp), %rdi
        jmp     invalidated
ROUTINE vmx_invvpid
        push    %rdx
        push    %rsi
        invvpid (%rsp), %rdi
invalidated:
        add     $16, %rsp
        ret

/* RDI: UTCB. Instruction pointer, length and information go there; or the three qualifications. */
ROUTINE vmx_save_instruction
        mov     $FIELD_RIP, %eax
        vmread  %rax, 0x88(%rdi)
        mov     $FIELD_INSTRUCTION_LENGTH, %eax
        vmread  %rax, %rcx
        mov     %ecx, 0x90(%rdi)
        mov     $FIELD_INSTRUCTION_INFO, %eax
        vmread  %rax, %rcx
        mov     %ecx, 0x94(%rdi)
        ret
ROUTINE vmx_save_qualifications
        mov     $FIELD_QUALIFICATION, %eax
        vmread  %rax, 0xa0(%rdi)
        mov     $FIELD_LINEAR_ADDRESS, %eax
        vmread  %rax, 0xa8(%rdi)
        mov     $FIELD_PHYSICAL_ADDRESS, %eax
        vmread  %rax, 0xb0(%rdi)
        ret

/* Writes those of four registers in which the block TO differs from the block FROM. */
.macro SWITCH to, from
        .set    i, 0
        .irp    msr, IA32_STAR, IA32_LSTAR, IA32_FMASK, IA32_KERNEL_GS_BASE
        mov     i+\to, %rax
        cmp     i+\from, %rax
        je      1f
        mov     %rax, %rdx
        shr     $32, %rdx
        mov     $\msr, %ecx
        wrmsr
1:
        .set    i, i + 8
        .endr
.endm

/* RDI: struct VmxCpu of the guest that has been left; RSI: the CPU's descriptor table register. The exit has widened the latter's limit
   over what lies behind the table: it must not stay so when user code runs. */
ROUTINE vmx_restore_host
        lgdt    (%rsi)
        movl    $1, ARCH_IS_TASK_CUT-ARCH_GDT(%rsi)
        mov     $IA32_KERNEL_GS_BASE, %ecx
        rdmsr
        mov     %eax, VMX_KERNEL_GS_BASE(%rdi)
        mov     %edx, VMX_KERNEL_GS_BASE+4(%rdi)
        SWITCH  vmx_host_registers(%rip), VMX_STAR(%rdi)
        ret

/* RDI: the current context, RSI: its struct VmxCpu; its VMCS is loaded. Does not return. vmx_resume: the guest's registers are in force
   except those of its frame. */
ROUTINE vmx_enter
        SWITCH  VMX_STAR(%rsi), vmx_host_registers(%rip)
ROUTINE vmx_resume
        mov     EC_CR2(%rdi), %rax
        mov     %cr2, %rcx
        cmp     %rcx, %rax
        je      1f
        mov     %rax, %cr2
1:
        cmpb    $0, VMX_LAUNCHED(%rsi)
        mov     EC_RAX(%rdi), %rax
        mov     EC_RCX(%rdi), %rcx
        mov     EC_RDX(%rdi), %rdx
        mov     EC_RBX(%rdi), %rbx
        mov     EC_RBP(%rdi), %rbp
        mov     EC_R8(%rdi), %r8
        mov     EC_R9(%rdi), %r9
        mov     EC_R10(%rdi), %r10
        mov     EC_R11(%rdi), %r11
        mov     EC_R12(%rdi), %r12
        mov     EC_R13(%rdi), %r13
        mov     EC_R14(%rdi), %r14
        mov     EC_R15(%rdi), %r15
        je      launch
        mov     EC_RSI(%rdi), %rsi
        mov     EC_RDI(%rdi), %rdi
        vmresume
        jmp     refused
launch:
        movb    $1, VMX_LAUNCHED(%rsi)
        mov     EC_RSI(%rdi), %rsi
        mov     EC_RDI(%rdi), %rdi
        vmlaunch
refused:
        mov     %gs:CPU_STACK_TOP, %rsp
        mov     %gs:CPU_SELF, %rdi
        mov     %gs:CPU_CURRENT, %rsi
        call    vmx_handle_refusal
        jmp     leave_kernel

/* Where a guest leaves: HOST_RIP. */
ROUTINE vmx_exit
        .irp    register, r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp
        push    %\register
        .endr
        mov     %cr2, %rdi
        push    %rdi
        push    %rbx
        push    %rdx
        push    %rcx
        push    %rax
        lea     -EC_RAX(%rsp), %rsi
        mov     %gs:CPU_STACK_TOP, %rsp
        mov     $FIELD_EXIT_REASON, %eax
        vmread  %rax, %rdx
        mov     %rdx, EC_VECTOR(%rsi)
        mov     %gs:CPU_SELF, %rdi
        call    vmx_handle_exit
        jmp     leave_kernel

ROUTINE vmx_host_registers_address
        lea     vmx_host_registers(%rip), %rax
        ret
ROUTINE vmx_exit_address
        lea     vmx_exit(%rip), %rax
        ret

/* What an NMI or machine check that ended the guest's turn would have called. The handler's IRET lets NMIs in again. */
ROUTINE vmx_raise_nmi
        int     $2
        ret
ROUTINE vmx_raise_machine_check
        int     $18
        ret

/* VERW of a data segment: where the microcode says so it clears the CPU's buffers. */
ROUTINE vmx_clear_buffers
        push    $0x10
        verw    (%rsp)
        pop     %rax
        ret

.data
.balign 8
/* Host values of the registers that SWITCH writes. */
vmx_host_registers:
        .fill   4, 8, 0

.section .note.GNU-stack,"",@progbits
