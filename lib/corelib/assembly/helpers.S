/* Helpers of compiled code with register contracts of their own: reference stores, stack probes, the stack cookie. Shared by the kernel
   and components. Nothing is moved or collected, so a reference store is a plain store. */

        .text

/* *(object **)rdi = rsi. Keeps all registers. */
        .globl  RhpAssignRef, RhpCheckedAssignRef
        .type   RhpAssignRef, @function
        .type   RhpCheckedAssignRef, @function
RhpAssignRef:
RhpCheckedAssignRef:
        mov     %rsi, (%rdi)
        ret
        .size   RhpAssignRef, . - RhpAssignRef

/* *(object **)rdi++ = *(object **)rsi++. May use rcx. */
        .globl  RhpByRefAssignRef
        .type   RhpByRefAssignRef, @function
RhpByRefAssignRef:
        mov     (%rsi), %rcx
        mov     %rcx, (%rdi)
        add     $8, %rsi
        add     $8, %rdi
        ret
        .size   RhpByRefAssignRef, . - RhpByRefAssignRef

/* r11 = lowest address of a frame larger than a page: touch every page down to it, so that a guard page faults before anything beyond
   it is written. Keeps all registers but r11. */
        .globl  RhpStackProbe
        .type   RhpStackProbe, @function
RhpStackProbe:
        push    %rax
        mov     %rsp, %rax
        and     $-4096, %rax
1:      sub     $4096, %rax
        test    %eax, (%rax)
        cmp     %r11, %rax
        ja      1b
        pop     %rax
        ret
        .size   RhpStackProbe, . - RhpStackProbe

/* Transitions between C# and plain functions. There is no collector to tell. */
        .globl  RhpPInvoke, RhpPInvokeReturn, RhpReversePInvoke, RhpReversePInvokeReturn, RhpGcPoll
        .type   RhpPInvoke, @function
        .type   RhpPInvokeReturn, @function
        .type   RhpReversePInvoke, @function
        .type   RhpReversePInvokeReturn, @function
        .type   RhpGcPoll, @function
RhpPInvoke:
RhpPInvokeReturn:
RhpReversePInvoke:
RhpReversePInvokeReturn:
RhpGcPoll:
        ret
        .size   RhpGcPoll, . - RhpGcPoll

        .globl  RhDebugBreak
        .type   RhDebugBreak, @function
RhDebugBreak:
        int3
        ret
        .size   RhDebugBreak, . - RhDebugBreak

/* Methods with stackalloc compare this value on entry and return. Start-up code may overwrite it with an unpredictable one before the
   first such method runs. */
        .data
        .globl  __security_cookie
        .balign 8
        .type   __security_cookie, @object
__security_cookie:
        .quad   0x7c5b2e91d4a8036f
        .size   __security_cookie, 8

/* What X86.*.IsSupported reads for instructions beyond the image's instruction set: none of them. */
        .globl  g_cpuFeatures
        .balign 8
        .type   g_cpuFeatures, @object
g_cpuFeatures:
        .quad   0
        .size   g_cpuFeatures, 8

        .section .note.GNU-stack, "", @progbits
