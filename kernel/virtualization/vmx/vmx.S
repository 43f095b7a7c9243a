/* The instructions of VMX, and the doors between kernel and guest (SDM volume 3, chapters 24 to 31). System V calling convention.

   A guest leaves with RSP at the end of the general registers in its context's frame (HOST_RSP), so that the exit looks like an exception
   of a thread: frame complete, empty kernel stack, C#, leave_kernel. GS is the CPU's block already (HOST_GS_BASE), RFLAGS are clean. */

#include "../../arch/x86_64/registers.h"

#define IA32_FLUSH_CMD      0x10b
#define IA32_STAR           0xc0000081
#define IA32_LSTAR          0xc0000082
#define IA32_FMASK          0xc0000084
#define IA32_KERNEL_GS_BASE 0xc0000102

#define FIELD_VECTORING          0x4408
#define FIELD_EXIT_REASON        0x4402
#define FIELD_INSTRUCTION_LENGTH 0x440c
#define FIELD_INSTRUCTION_INFO   0x440e
#define FIELD_QUALIFICATION      0x6400
#define FIELD_LINEAR_ADDRESS     0x640a
#define FIELD_PHYSICAL_ADDRESS   0x2400
#define FIELD_RSP                0x681c
#define FIELD_RIP                0x681e

#define BARRIER_CACHE 2
#define KERNEL_DATA 0x10

/* Basic exit reasons that are the host's business, or may interrupt the delivery of something: VmxExits.Unusual. */
#define REASON_EPT_VIOLATION 0x30
#define UNUSUAL_REASONS 0x0003120020000003
#define VECTORING_VALID 31
#define NMI_UNBLOCKED 12

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
.macro SAVE_INSTRUCTION
        mov     $FIELD_RIP, %eax
        vmread  %rax, 0x88(%rdi)
        mov     $FIELD_INSTRUCTION_LENGTH, %eax
        vmread  %rax, %rcx
        mov     %ecx, 0x90(%rdi)
        mov     $FIELD_INSTRUCTION_INFO, %eax
        vmread  %rax, %rcx
        mov     %ecx, 0x94(%rdi)
.endm
.macro SAVE_QUALIFICATIONS
        mov     $FIELD_QUALIFICATION, %eax
        vmread  %rax, 0xa0(%rdi)
        mov     $FIELD_LINEAR_ADDRESS, %eax
        vmread  %rax, 0xa8(%rdi)
        mov     $FIELD_PHYSICAL_ADDRESS, %eax
        vmread  %rax, 0xb0(%rdi)
.endm
ROUTINE vmx_save_instruction
        SAVE_INSTRUCTION
        ret
ROUTINE vmx_save_qualifications
        SAVE_QUALIFICATIONS
        ret

/* The guest's registers into the frame in which RSP stands behind R15's place. RSI: the context. */
.macro SAVE_GUEST
        .irp    register, r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp
        push    %\register
        .endr
        mov     %cr2, %rdi
        push    %rdi
        push    %rbx
        push    %rdx
        push    %rcx
        push    %rax
        lea     -EC_rax(%rsp), %rsi
.endm

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

/* Before a guest runs that must not find in the CPU's buffers and caches what others have left there (Vmx.BarrierFor). */
.macro BARRIER
        cmpb    $0, vmx_barrier(%rip)
        je      1f
        call    barrier
1:
.endm
barrier:
        cmpb    $BARRIER_CACHE, vmx_barrier(%rip)
        je      1f
        push    $KERNEL_DATA
        verw    (%rsp)
        pop     %rax
        ret
1:
        mov     $IA32_FLUSH_CMD, %ecx
        mov     $1, %eax
        xor     %edx, %edx
        wrmsr
        ret

/* RDI: struct VmxCpu of the guest that has been left; RSI: the CPU's descriptor table register. The exit has widened the latter's limit
   over what lies behind the table: it must not stay so when user code runs. */
.macro RESTORE_HOST guest, gdt
        lgdt    \gdt
        mov     $IA32_KERNEL_GS_BASE, %ecx
        rdmsr
        mov     %eax, VMX_KERNEL_GS_BASE(\guest)
        mov     %edx, VMX_KERNEL_GS_BASE+4(\guest)
        SWITCH  vmx_host_registers(%rip), VMX_STAR(\guest)
.endm
ROUTINE vmx_restore_host
        RESTORE_HOST %rdi, (%rsi)
        ret

/* RDI: the current context, RSI: its struct VmxCpu; its VMCS is loaded. Does not return. vmx_resume: the guest's registers are in force
   except those of its frame. */
ROUTINE vmx_enter
        BARRIER
        SWITCH  VMX_STAR(%rsi), vmx_host_registers(%rip)
ROUTINE vmx_resume
        lea     EC_rax(%rdi), %r8

/* R8: where RAX to RDI are, with RSP's place between. */
enter_guest:
        mov     EC_CR2(%rdi), %rax
        mov     %cr2, %rcx
        cmp     %rcx, %rax
        je      1f
        mov     %rax, %cr2
1:
        cmpb    $0, VMX_LAUNCHED(%rsi)
        mov     (%r8), %rax
        mov     0x08(%r8), %rcx
        mov     0x10(%r8), %rdx
        mov     0x18(%r8), %rbx
        mov     0x28(%r8), %rbp
        LOAD    (%rdi), r9, r10, r11, r12, r13, r14, r15
        je      launch
        mov     0x30(%r8), %rsi
        push    EC_r8(%rdi)
        mov     0x38(%r8), %rdi
        pop     %r8
        vmresume
        jmp     refused
launch:
        movb    $1, VMX_LAUNCHED(%rsi)
        mov     0x30(%r8), %rsi
        push    EC_r8(%rdi)
        mov     0x38(%r8), %rdi
        pop     %r8
        vmlaunch
refused:
        mov     %gs:CPU_CURRENT, %rsp
        lea     EC_VECTOR(%rsp), %rsp
        SAVE_GUEST
        mov     %gs:CPU_STACK_TOP, %rsp
        HANDLE  vmx_handle_refusal

/* Where a guest leaves: HOST_RIP. What follows is the straight way to a handler that is ready, on a thread of the guest's domain that does
   not use the FPU, with the state that handlers mostly want. All else is left to C#, which does the same at length (VmxExits.Handle). Up
   to the first change of anything but the frame the way to "exit_slowly" is open. */
ROUTINE vmx_exit
        SAVE_GUEST
        mov     %gs:CPU_STACK_TOP, %rsp
        mov     $FIELD_EXIT_REASON, %eax
        vmread  %rax, %rdx
        mov     %rdx, EC_VECTOR(%rsi)
        cmp     $63, %rdx
        ja      exit_slowly
        movabs  $UNUSUAL_REASONS, %rax
        bt      %rdx, %rax
        jc      exit_unusual
exit_usual:
        mov     EC_EVENT_BASE(%rsi), %rcx
        add     %rdx, %rcx
        movzbl  %cl, %edx
        shr     $8, %rcx
        cmp     $OBJECTS_NEAR_TABLES, %rcx
        jae     exit_slowly
        mov     EC_OBJECTS(%rsi), %rax
        mov     OBJECTS_DIRECTORY(%rax), %rax
        mov     (%rax,%rcx,8), %rax
        mov     (%rax,%rdx,8), %r10
        test    $PORTAL_EVENT, %r10b
        jz      exit_slowly
        and     $-64, %r10
        cmpb    $OBJECT_PORTAL, (%r10)
        jne     exit_slowly
        mov     PORTAL_CONTEXT(%r10), %r11
        mov     EC_READINESS(%r11), %eax
        cmp     %gs:CPU_NUMBER, %eax
        jne     exit_slowly
        mov     EC_DOMAIN(%r11), %rax
        cmp     EC_DOMAIN(%rsi), %rax
        jne     exit_slowly
        cmpq    $0, EC_FPU_SELF(%r11)
        jne     exit_slowly
        movzwl  EC_HAZARD(%r11), %eax
        or      %gs:CPU_HAZARD, %eax
        jnz     exit_slowly
        mov     PORTAL_MTD(%r10), %r8d
        test    $~(MTD_GPR0_7 | MTD_RIP | MTD_QUAL), %r8d
        jnz     exit_slowly

        mov     %r11, EC_CALLEE(%rsi)
        orb     $EC_FLAGS_IN_EVENT, EC_FLAGS(%rsi)
        mov     %rsi, EC_CALLER(%r11)
        mov     %gs:CPU_SERIAL, %rax
        mov     %rax, EC_DONOR(%r11)
        movzwl  EC_STATE(%rsi), %eax
        inc     %ah
        mov     %ax, EC_STATE(%r11)
        mov     %r11, %gs:CPU_CURRENT
        lea     EC_FRAME_END(%r11), %rax
        mov     %rax, %gs:CPU_FRAME_END
        mov     EC_UTCB(%r11), %rdi
        test    $MTD_GPR0_7, %r8b
        jz      1f
        .irp    place, EC_rax, EC_rcx, EC_rdx
        mov     \place(%rsi), %rax
        mov     %rax, \place-EC_rax(%rdi)
        .endr
        STORE   -EC_rax(%rdi), rbx, rbp
        mov     $FIELD_RSP, %eax
        vmread  %rax, EC_CR2-EC_rax(%rdi)
        .irp    place, EC_rsi, EC_rdi
        mov     \place(%rsi), %rax
        mov     %rax, \place-EC_rax(%rdi)
        .endr
1:
        test    $MTD_RIP, %r8b
        jz      1f
        SAVE_INSTRUCTION
1:
        test    $MTD_QUAL, %r8b
        jz      1f
        SAVE_QUALIFICATIONS
1:
        mov     EC_VIRTUAL(%rsi), %rdi
        add     $VIRTUAL_VMX, %rdi
        RESTORE_HOST %rdi, %gs:CPU_ARCH+ARCH_GDT
        mov     %r8, %rsi
        mov     PORTAL_ID(%r10), %rdi
        mov     PORTAL_IP(%r10), %rcx
        LOAD    (%r11), rax, rdx, r8, r9, r10, PRESERVED, rsp
        mov     $RFLAGS_USER, %r11d
        swapgs
        sysretq

/* An EPT violation is usual unless something was being delivered, or an IRET has unblocked NMIs before it failed. */
exit_unusual:
        cmp     $REASON_EPT_VIOLATION, %edx
        jne     exit_slowly
        mov     $FIELD_VECTORING, %eax
        vmread  %rax, %rax
        bt      $VECTORING_VALID, %eax
        jc      exit_slowly
        mov     $FIELD_QUALIFICATION, %eax
        vmread  %rax, %rax
        bt      $NMI_UNBLOCKED, %eax
        jnc     exit_usual
exit_slowly:
        mov     EC_VECTOR(%rsi), %rdx
        HANDLE  vmx_handle_exit

/* The reply to an event of a guest, from entry.S: R11 is the handler, RCX the guest, RSI the message transfer descriptor. Straight back if
   the CPU is ready for the guest, the time that is spent came with the event, and nothing but registers is to be changed. Compare
   Guests.Reply and Guests.Run. */
ROUTINE vmx_reply
        mov     EC_VIRTUAL(%rcx), %rdi
        cmpl    $0, VIRTUAL_VMX+VMX_INITIALIZED(%rdi)
        je      reply_to_guest
        test    $~(MTD_GPR0_7 | MTD_RIP | MTD_QUAL), %esi
        jnz     reply_to_guest
        cmp     %rcx, %gs:CPU_GUEST_READY
        jne     reply_to_guest
        mov     VIRTUAL_SPACE(%rdi), %rdx
        mov     HOST_STAMP(%rdx), %rax
        cmp     VIRTUAL_STAMP(%rdi), %rax
        jne     reply_to_guest
        mov     %gs:CPU_SERIAL, %rax
        cmp     EC_DONOR(%r11), %rax
        jne     reply_to_guest
        movzwl  EC_HAZARD(%rcx), %eax
        or      %gs:CPU_HAZARD, %eax
        jnz     reply_to_guest
        mov     EC_FPU_SELF(%rcx), %rax
        cmp     %gs:CPU_FPU_USER, %rax
        jne     reply_to_guest
        mov     EC_HOST(%rcx), %rax
        cmp     %gs:CPU_SPACE, %rax
        jne     reply_to_guest

        movq    $0, EC_CALLEE(%rcx)
        movq    $0, EC_CALLER(%r11)
        movb    $STATE_WAITING, EC_STATE(%r11)
        andb    $~EC_FLAGS_IN_EVENT, EC_FLAGS(%rcx)
        lea     guests_run(%rip), %rax
        mov     %rax, EC_CONTINUATION(%rcx)
        mov     %rcx, %gs:CPU_CURRENT
        lea     EC_FRAME_END(%rcx), %rax
        mov     %rax, %gs:CPU_FRAME_END
        STORE   (%r11), PRESERVED
        mov     EC_UTCB(%r11), %r9
        lea     EC_rax(%rcx), %r8
        test    $MTD_GPR0_7, %sil
        jz      1f
        mov     %r9, %r8
        mov     $FIELD_RSP, %eax
        vmwrite EC_CR2-EC_rax(%r9), %rax
1:
        test    $MTD_RIP, %sil
        jz      1f
        mov     $FIELD_RIP, %eax
        vmwrite 0x88(%r9), %rax
1:
        lea     VIRTUAL_VMX(%rdi), %rsi
        mov     %rcx, %rdi
        BARRIER
        SWITCH  VMX_STAR(%rsi), vmx_host_registers(%rip)
        jmp     enter_guest

/* EDI: 0: nothing is to be cleared; 1: buffers, by VERW, which microcode has given that meaning; 2: the first-level data cache. */
ROUTINE vmx_set_barrier
        mov     %dil, vmx_barrier(%rip)
        ret
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

.data
.balign 8
/* Host values of the registers that SWITCH writes. */
vmx_host_registers:
        .fill   4, 8, 0
vmx_barrier:
        .byte   0

.section .note.GNU-stack,"",@progbits
