/* Loops whose time is that of one kernel path and two instructions. System V registers in; each runs EDX or the named count of times.
   RBX, R12 and R13 hold what the hypercall would not: they survive it. A trace finds a loop's rounds by its labels _round and _end. */

        .text

/* void bench_null(count) */
        .globl  bench_null
bench_null:
        push    %rbx
        mov     %rdi, %rbx
bench_null_round:
1:      mov     $0xf, %edi
        syscall
        dec     %rbx
        jnz     1b
bench_null_end:
        pop     %rbx
        ret

/* void bench_call(identifier, mtd, count): RSI comes back from the reply as it was sent. */
        .globl  bench_call
bench_call:
        push    %rbx
        push    %r12
        mov     %rdx, %rbx
        mov     %rdi, %r12
bench_call_round:
1:      mov     %r12, %rdi
        syscall
        dec     %rbx
        jnz     1b
bench_call_end:
        pop     %r12
        pop     %rbx
        ret

/* void bench_item(identifier, mtd, items, hotspot, count): the same with items, the word of a hotspot counting up in pages. */
        .globl  bench_item
bench_item:
        push    %rbx
        push    %r12
        push    %r13
        mov     %r8, %rbx
        mov     %rdi, %r12
        mov     %rcx, %r13
bench_item_round:
1:      mov     %r12, %rdi
        syscall
        addq    $0x1000, (%r13)
        dec     %rbx
        jnz     1b
bench_item_end:
        pop     %r13
        pop     %r12
        pop     %rbx
        ret

/* void bench_hypercall(identifier, rsi, rdx, rax, r8, count): registers but RDI are preserved by the kernel. */
        .globl  bench_hypercall
bench_hypercall:
        push    %rbx
        push    %r12
        mov     %r9, %rbx
        mov     %rdi, %r12
        mov     %rcx, %rax
bench_hypercall_round:
1:      mov     %r12, %rdi
        syscall
        dec     %rbx
        jnz     1b
bench_hypercall_end:
        pop     %r12
        pop     %rbx
        ret

/* void bench_sequence(identifier, rsi, rdx, rax, r8, count): the same, with the selector in RDI counting up. */
        .globl  bench_sequence
bench_sequence:
        push    %rbx
        push    %r12
        mov     %r9, %rbx
        mov     %rdi, %r12
        mov     %rcx, %rax
bench_sequence_round:
1:      mov     %r12, %rdi
        syscall
        add     $0x100, %r12
        dec     %rbx
        jnz     1b
bench_sequence_end:
        pop     %r12
        pop     %rbx
        ret

/* void bench_map(identifier, rsi, rdx, rax, r8, count): ctrl_pd with destination base RAX counting up in pages, source fixed. */
        .globl  bench_map
bench_map:
        push    %rbx
        push    %r12
        mov     %r9, %rbx
        mov     %rdi, %r12
        mov     %rcx, %rax
bench_map_round:
1:      mov     %r12, %rdi
        syscall
        add     $0x1000, %rax
        dec     %rbx
        jnz     1b
bench_map_end:
        pop     %r12
        pop     %rbx
        ret

/* void bench_ping(up, down, count): up one semaphore, wait for the other. */
        .globl  bench_ping
bench_ping:
        push    %rbx
        push    %r12
        push    %r13
        mov     %rdx, %rbx
        mov     %rdi, %r12
        mov     %rsi, %r13
bench_ping_round:
1:      mov     %r12, %rdi
        syscall
        mov     %r13, %rdi
        xor     %esi, %esi
        syscall
        dec     %rbx
        jnz     1b
bench_ping_end:
        pop     %r13
        pop     %r12
        pop     %rbx
        ret

/* void bench_ping_until(up, down, deadline, count): the same, waiting with a deadline that does not come. */
        .globl  bench_ping_until
bench_ping_until:
        push    %rbx
        push    %r12
        push    %r13
        push    %r14
        mov     %rcx, %rbx
        mov     %rdi, %r12
        mov     %rsi, %r13
        mov     %rdx, %r14
1:      mov     %r12, %rdi
        syscall
        mov     %r13, %rdi
        mov     %r14, %rsi
        syscall
        dec     %rbx
        jnz     1b
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbx
        ret

/* void bench_undefined(count): raises #UD; the handler skips the two bytes. */
        .globl  bench_undefined
bench_undefined:
bench_undefined_round:
1:      ud2
        dec     %rdi
        jnz     1b
bench_undefined_end:
        ret

/* void bench_touch(address, count): reads a word of each of so many pages. */
        .globl  bench_touch
bench_touch:
bench_touch_round:
1:      mov     (%rdi), %rax
        add     $0x1000, %rdi
        dec     %rsi
        jnz     1b
bench_touch_end:
        ret

/* Portal: answers a call with what came. */
        .globl  bench_echo
bench_echo:
        mov     $1, %edi
        syscall

/* Portal for #UD: RBP of the handler thread holds its UTCB's address, set by bench_handler_start. The reply's MTD is the event's. */
        .globl  bench_skip
bench_skip:
        addq    $2, 0x88(%rbp)
        mov     $1, %edi
        syscall

/* Portal for #PF: maps the page that RBX names in register form at the faulting address, R12 to R15: the hypercall's registers. */
        .globl  bench_pager
bench_pager:
        mov     0xa8(%rbp), %rax
        and     $-4096, %rax
        or      $3, %rax
        mov     %r12, %rdi
        mov     %r13, %rsi
        mov     %r14, %rdx
        xor     %r8d, %r8d
        syscall
        xor     %esi, %esi
        mov     $1, %edi
        syscall

/* Portal for CPUID of a guest: goes on behind it; RBP as above, the registers come and go as the MTD says. A trace's round begins here. */
        .globl  bench_guest_cpuid
bench_guest_cpuid:
bench_guest_cpuid_round:
        addq    $2, 0x88(%rbp)
        mov     $1, %edi
        syscall
bench_guest_cpuid_end:

/* Portal for nested page faults: maps the page that R14 names at the faulting address of the guest space R13. */
        .globl  bench_guest_touch
bench_guest_touch:
bench_guest_touch_round:
        mov     0xb0(%rbp), %rax
        and     $-4096, %rax
        or      $3, %rax
        mov     %r12, %rdi
        mov     %r13, %rsi
        mov     %r14, %rdx
        xor     %r8d, %r8d
        syscall
        xor     %esi, %esi
        mov     $1, %edi
        syscall
bench_guest_touch_end:

/* The guests, in protected mode with flat segments: EBP times CPUID, or a read of a page from EDI on. Then EAX holds the time and the
   guest halts. */
        .code32
        .globl  bench_guest_code
bench_guest_code:
        rdtsc
        mov     %eax, %esi
        test    %edi, %edi
        jnz     2f
1:      cpuid
        dec     %ebp
        jnz     1b
        jmp     3f
2:      mov     (%edi), %eax
        add     $0x1000, %edi
        dec     %ebp
        jnz     2b
3:      rdtsc
        sub     %esi, %eax
        hlt
bench_guest_code_end:
        .code64

/* Portal for STARTUP of sleepers: RBP is as above; R12 is their first instruction, R13 and R14 their RDI and RSI, R14 counting up. */
        .globl  bench_wake
bench_wake:
        mov     %r12, 0x88(%rbp)
        mov     %r13, 0x38(%rbp)
        mov     %r14, 0x30(%rbp)
        add     $1000000, %r14
        mov     $1, %edi
        syscall

/* A thread that waits on a semaphore until a deadline that is not to come. */
        .globl  bench_sleep
bench_sleep:
        syscall
        ud2

/* Portal that makes a local thread's registers those of the two above: the message's words are RBP, R12, R13, R14. RSP points at the
   UTCB's address. */
        .globl  bench_prepare
bench_prepare:
        mov     (%rdi), %rbp
        mov     8(%rdi), %r12
        mov     16(%rdi), %r13
        mov     24(%rdi), %r14
        mov     $1, %edi
        xor     %esi, %esi
        syscall

/* Addresses of the portals' entry points, for C#. */
.macro ADDRESS name
        .globl  \name\()_address
\name\()_address:
        lea     \name(%rip), %rax
        ret
.endm
        ADDRESS bench_echo
        ADDRESS bench_skip
        ADDRESS bench_pager
        ADDRESS bench_prepare
        ADDRESS bench_wake
        ADDRESS bench_sleep
        ADDRESS bench_guest_cpuid
        ADDRESS bench_guest_touch
        ADDRESS bench_guest_code
