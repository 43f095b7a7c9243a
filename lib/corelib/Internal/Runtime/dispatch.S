/* Interface calls. A call site is `lea cell, %r11; call *(%r11)` with the object in rdi; cell = {this stub, target}. target is either a
   published DispatchRecord or, marked by its low bits, the interface to resolve (Internal/Runtime/DispatchResolver.cs).
   Only rax, r10 and r11 are free. Vector registers may hold arguments and are neither used nor saved: what is called here is free of XMM. */

        .set    RECORD_TYPE, 0
        .set    RECORD_CODE, 8
        .set    RECORD_SLOT, 16
        .set    RECORD_NEXT, 24
        .set    SLOT_CHAINS, 24
        .set    SLOT_HASH_SHIFT, 5
        .set    SLOT_HASH_MASK, 7

        .text
        .globl  RhpInitialDynamicInterfaceDispatch
        .type   RhpInitialDynamicInterfaceDispatch, @function
        .balign 16
RhpInitialDynamicInterfaceDispatch:
        .cfi_startproc
        mov     (%rdi), %rax                    /* faults if the object is null */
        mov     8(%r11), %r10
        test    $3, %r10b
        jnz     .Lresolve
        cmp     %rax, RECORD_TYPE(%r10)
        jne     .Lother_type
        jmp     *RECORD_CODE(%r10)

        /* The record is another type's: follow its slot to the chain of this type. Records are immutable and chains grow at the head,
           so this needs no lock. */
.Lother_type:
        push    %rcx
        .cfi_adjust_cfa_offset 8
        mov     RECORD_SLOT(%r10), %r10
        mov     %eax, %ecx
        shr     $SLOT_HASH_SHIFT, %ecx
        and     $SLOT_HASH_MASK, %ecx
        mov     SLOT_CHAINS(%r10, %rcx, 8), %r10
        pop     %rcx
        .cfi_adjust_cfa_offset -8
1:      test    %r10, %r10
        jz      .Lresolve
        cmp     %rax, RECORD_TYPE(%r10)
        je      2f
        mov     RECORD_NEXT(%r10), %r10
        jmp     1b
2:      jmp     *RECORD_CODE(%r10)

.Lresolve:
        push    %rdi
        .cfi_adjust_cfa_offset 8
        push    %rsi
        .cfi_adjust_cfa_offset 8
        push    %rdx
        .cfi_adjust_cfa_offset 8
        push    %rcx
        .cfi_adjust_cfa_offset 8
        push    %r8
        .cfi_adjust_cfa_offset 8
        push    %r9
        .cfi_adjust_cfa_offset 8
        sub     $8, %rsp
        .cfi_adjust_cfa_offset 8
        mov     %r11, %rsi
        call    RhpResolveInterfaceCall
        add     $8, %rsp
        .cfi_adjust_cfa_offset -8
        pop     %r9
        .cfi_adjust_cfa_offset -8
        pop     %r8
        .cfi_adjust_cfa_offset -8
        pop     %rcx
        .cfi_adjust_cfa_offset -8
        pop     %rdx
        .cfi_adjust_cfa_offset -8
        pop     %rsi
        .cfi_adjust_cfa_offset -8
        pop     %rdi
        .cfi_adjust_cfa_offset -8
        jmp     *%rax
        .cfi_endproc
        .size   RhpInitialDynamicInterfaceDispatch, . - RhpInitialDynamicInterfaceDispatch

        .section .note.GNU-stack, "", @progbits
