/* Instructions that C# has not. */

        .text

/* void processor_cpuid(edi = leaf, esi = subleaf, rdx = uint[4]: EAX, EBX, ECX, EDX) */
        .globl  processor_cpuid
        .type   processor_cpuid, @function
processor_cpuid:
        mov     %rbx, %r9
        mov     %rdx, %r8
        mov     %edi, %eax
        mov     %esi, %ecx
        cpuid
        mov     %eax, (%r8)
        mov     %ebx, 4(%r8)
        mov     %ecx, 8(%r8)
        mov     %edx, 12(%r8)
        mov     %r9, %rbx
        ret
        .size   processor_cpuid, . - processor_cpuid

        .section .note.GNU-stack, "", @progbits
