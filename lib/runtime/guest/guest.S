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

/* uint processor_random(rdi = uint64 *): 1, or 0 where there is none at the moment */
        .globl  processor_random
        .type   processor_random, @function
processor_random:
        xor     %eax, %eax
        rdrand  %rdx
        mov     %rdx, (%rdi)
        setc    %al
        ret
        .size   processor_random, . - processor_random

        .section .note.GNU-stack, "", @progbits
