/* The parts of exception handling that touch registers: entering a dispatch and calling funclets (Internal/Runtime/ExceptionDispatch.cs).
   A funclet gets the exception in rdi and its method's frame pointer in rbp; a catch funclet returns where its method goes on. */

        /* struct Registers */
        .set    REG_RBX, 0
        .set    REG_RBP, 8
        .set    REG_R12, 16
        .set    REG_R13, 24
        .set    REG_R14, 32
        .set    REG_R15, 40
        .set    REG_RSP, 48
        .set    REG_RIP, 56
        .set    REG_SIZE, 64

        /* struct ThreadBlock at the base of the size-aligned stack, struct CatchRecord */
        .set    THREAD_STACK_SIZE, 0x10000
        .set    THREAD_CATCHES, 0
        .set    CATCH_PREVIOUS, 0
        .set    CATCH_EXCEPTION, 8
        .set    CATCH_SIZE, 32

        .macro  LOAD_PRESERVED from
        mov     REG_RBX(\from), %rbx
        mov     REG_RBP(\from), %rbp
        mov     REG_R12(\from), %r12
        mov     REG_R13(\from), %r13
        mov     REG_R14(\from), %r14
        mov     REG_R15(\from), %r15
        .endm

        .macro  PUSH_PRESERVED reg
        push    %\reg
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset \reg, 0
        .endm

        .macro  POP_PRESERVED reg
        pop     %\reg
        .cfi_adjust_cfa_offset -8
        .endm

        .text

/* `throw;`: the exception of the innermost catch block that runs. */
        .globl  RhpRethrow
        .type   RhpRethrow, @function
RhpRethrow:
        mov     %rsp, %rax
        and     $-THREAD_STACK_SIZE, %rax
        mov     THREAD_CATCHES(%rax), %rax
        mov     CATCH_EXCEPTION(%rax), %rdi
        jmp     RhpThrowEx
        .size   RhpRethrow, . - RhpRethrow

/* `throw`: rdi = exception. Lays the caller's registers on the stack and dispatches. */
        .globl  RhpThrowEx
        .type   RhpThrowEx, @function
RhpThrowEx:
        .cfi_startproc
        mov     (%rsp), %rdx
        lea     8(%rsp), %rax
        sub     $(REG_SIZE + 8), %rsp
        .cfi_adjust_cfa_offset (REG_SIZE + 8)
        mov     %rbx, REG_RBX(%rsp)
        mov     %rbp, REG_RBP(%rsp)
        mov     %r12, REG_R12(%rsp)
        mov     %r13, REG_R13(%rsp)
        mov     %r14, REG_R14(%rsp)
        mov     %r15, REG_R15(%rsp)
        mov     %rax, REG_RSP(%rsp)
        mov     %rdx, REG_RIP(%rsp)
        mov     %rsp, %rsi
        call    RhpDispatchException
        ud2
        .cfi_endproc
        .size   RhpThrowEx, . - RhpThrowEx

/* nint RhpCallFilter(rdi = filter, rsi = exception, rdx = Registers *): the filter's answer. Unwound like any frame. */
        .globl  RhpCallFilter
        .type   RhpCallFilter, @function
RhpCallFilter:
        .cfi_startproc
        PUSH_PRESERVED rbx
        PUSH_PRESERVED rbp
        PUSH_PRESERVED r12
        PUSH_PRESERVED r13
        PUSH_PRESERVED r14
        PUSH_PRESERVED r15
        sub     $8, %rsp
        .cfi_adjust_cfa_offset 8
        mov     %rdi, %rax
        mov     %rsi, %rdi
        LOAD_PRESERVED %rdx
        call    *%rax
        add     $8, %rsp
        .cfi_adjust_cfa_offset -8
        POP_PRESERVED r15
        POP_PRESERVED r14
        POP_PRESERVED r13
        POP_PRESERVED r12
        POP_PRESERVED rbp
        POP_PRESERVED rbx
        ret
        .cfi_endproc
        .size   RhpCallFilter, . - RhpCallFilter

/* void RhpCallFinally(rdi = handler, rsi = exception, rdx = UnwindProgress *). When an exception comes out of the handler, the unwinder
   finds RhpFinallyReturn as the return address and the UnwindProgress pointer on top of the stack. */
        .globl  RhpCallFinally, RhpFinallyReturn
        .type   RhpCallFinally, @function
RhpCallFinally:
        .cfi_startproc
        PUSH_PRESERVED rbx
        PUSH_PRESERVED rbp
        PUSH_PRESERVED r12
        PUSH_PRESERVED r13
        PUSH_PRESERVED r14
        PUSH_PRESERVED r15
        push    %rdx
        .cfi_adjust_cfa_offset 8
        mov     %rdi, %rax
        mov     %rsi, %rdi
        LOAD_PRESERVED %rdx
        call    *%rax
RhpFinallyReturn:
        add     $8, %rsp
        .cfi_adjust_cfa_offset -8
        POP_PRESERVED r15
        POP_PRESERVED r14
        POP_PRESERVED r13
        POP_PRESERVED r12
        POP_PRESERVED rbp
        POP_PRESERVED rbx
        ret
        .cfi_endproc
        .size   RhpCallFinally, . - RhpCallFinally

/* void RhpCallCatch(rdi = handler, rsi = exception, rdx = Registers *, rcx = clause): cuts the stack back to the frame, lays a CatchRecord
   below it, runs the handler and goes on where it says. The unwinder knows the block by RhpCatchReturn and the record above it. */
        .globl  RhpCallCatch, RhpCatchReturn
        .type   RhpCallCatch, @function
RhpCallCatch:
        .cfi_startproc
        mov     %rdi, %rax
        mov     REG_RIP(%rdx), %r8
        mov     REG_RSP(%rdx), %r9
        LOAD_PRESERVED %rdx
        mov     %r9, %rsp
        .cfi_def_cfa rsp, 8
        mov     %rsp, %r9
        and     $-THREAD_STACK_SIZE, %r9
        push    %rcx                            /* Clause */
        push    %r8                             /* ThrowAddress */
        push    %rsi                            /* Exception */
        push    THREAD_CATCHES(%r9)             /* Previous */
        mov     %rsp, THREAD_CATCHES(%r9)
        mov     %rsi, %rdi
        call    *%rax
RhpCatchReturn:
        mov     %rsp, %r9
        and     $-THREAD_STACK_SIZE, %r9
        mov     CATCH_PREVIOUS(%rsp), %rcx
        mov     %rcx, THREAD_CATCHES(%r9)
        add     $CATCH_SIZE, %rsp
        jmp     *%rax
        .cfi_endproc
        .size   RhpCallCatch, . - RhpCallCatch

        .section .note.GNU-stack, "", @progbits
