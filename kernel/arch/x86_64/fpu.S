/* The only code of the kernel that touches FPU state: save and restore of all of it. The build lets vector instructions pass in
   functions named fpu_* alone. */

.text

/* RDI: XSAVE area, 64-byte aligned; ESI, EDX: low and high half of the state components. */
.globl fpu_xsave, fpu_xrstor
fpu_xsave:
    mov     %esi, %eax
    xsave64 (%rdi)
    ret

fpu_xrstor:
    mov     %esi, %eax
    xrstor64 (%rdi)
    ret

/* RDI: 512-byte area, 16-byte aligned. */
.globl fpu_fxsave, fpu_fxrstor
fpu_fxsave:
    fxsave64 (%rdi)
    ret

fpu_fxrstor:
    fxrstor64 (%rdi)
    ret

/* Permits or forbids FPU instructions (CR0.TS). */
.globl fpu_enable, fpu_disable
fpu_enable:
    clts
    ret

fpu_disable:
    mov     %cr0, %rax
    or      $8, %rax
    mov     %rax, %cr0
    ret

/* EDI: register, RSI: value of the extended control register. */
.globl fpu_xsetbv
fpu_xsetbv:
    mov     %edi, %ecx
    mov     %esi, %eax
    mov     %rsi, %rdx
    shr     $32, %rdx
    xsetbv
    ret

.section .note.GNU-stack,"",@progbits
