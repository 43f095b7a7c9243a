/* Moving and setting memory for compiled code: memcpy, memmove, memset. General registers only: callers in the kernel and on hot paths
   own no vector state. Long runs go through the string instructions. */

        .text

/* void *memmove(rdi = destination, rsi = source, rdx = bytes); also memcpy. */
        .globl  memcpy, memmove
        .type   memcpy, @function
        .type   memmove, @function
memcpy:
memmove:
        mov     %rdi, %rax
        cmp     $16, %rdx
        ja      .Lmove_long
        cmp     $8, %rdx
        jae     .Lmove_8_to_16
        cmp     $4, %edx
        jae     .Lmove_4_to_7
        test    %edx, %edx
        jz      .Lmove_done
        /* 1 to 3 bytes: all loads come before the first store, so overlap does no harm. */
        movzbl  (%rsi), %ecx
        movzbl  -1(%rsi, %rdx), %r8d
        cmp     $2, %edx
        jbe     1f
        movzbl  1(%rsi), %r9d
        mov     %r9b, 1(%rdi)
1:      mov     %cl, (%rdi)
        mov     %r8b, -1(%rdi, %rdx)
.Lmove_done:
        ret
.Lmove_4_to_7:
        mov     (%rsi), %ecx
        mov     -4(%rsi, %rdx), %r8d
        mov     %ecx, (%rdi)
        mov     %r8d, -4(%rdi, %rdx)
        ret
.Lmove_8_to_16:
        mov     (%rsi), %rcx
        mov     -8(%rsi, %rdx), %r8
        mov     %rcx, (%rdi)
        mov     %r8, -8(%rdi, %rdx)
        ret
.Lmove_long:
        mov     %rdi, %rcx
        sub     %rsi, %rcx
        cmp     %rdx, %rcx
        jb      .Lmove_backward         /* source < destination < source + bytes */
        /* The last eight bytes are read before anything is written and stored last. */
        mov     -8(%rsi, %rdx), %r8
        lea     -8(%rdi, %rdx), %r9
        lea     -1(%rdx), %rcx
        shr     $3, %rcx
        rep movsq
        mov     %r8, (%r9)
        ret
.Lmove_backward:
        /* The first eight bytes are read first and stored last; words below the end are moved downwards. */
        mov     (%rsi), %r8
        mov     %rdi, %r9
        lea     -1(%rdx), %rcx
        shr     $3, %rcx
        lea     -8(%rsi, %rdx), %rsi
        lea     -8(%rdi, %rdx), %rdi
        std
        rep movsq
        cld
        mov     %r8, (%r9)
        ret
        .size   memmove, . - memmove

/* void *memset(rdi = destination, esi = byte value, rdx = bytes). */
        .globl  memset
        .type   memset, @function
memset:
        mov     %rdi, %r8
        movzbl  %sil, %eax
        mov     $0x0101010101010101, %rcx
        imul    %rcx, %rax
        cmp     $8, %rdx
        jb      .Lset_short
        mov     %rax, -8(%rdi, %rdx)
        lea     -1(%rdx), %rcx
        shr     $3, %rcx
        rep stosq
        mov     %r8, %rax
        ret
.Lset_short:
        mov     %edx, %ecx
        rep stosb
        mov     %r8, %rax
        ret
        .size   memset, . - memset

        .section .note.GNU-stack, "", @progbits
