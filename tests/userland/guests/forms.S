/* A guest kernel that executes instructions one by one in ring 3, in 16 and 32-bit code segments, and compares what comes of each with what
   a record of its module expects: registers, flags, memory, or the fault. FormRecords.cs makes the module and has the same layout. Says
   "forms: N agree" or "forms: N differs in FIELD". Multiboot 1, 32-bit ELF. */

#define SERIAL          0x3f8
#define PM1_CONTROL     0x604
#define SOFT_OFF        0x3400                  /* SLP_EN, SLP_TYP 5 */
#define MULTIBOOT       0x1badb002
#define FLAGS           0x3
#define MODULES         24                      /* in the Multiboot information: address of the list of modules */

/* A record. */
#define CODE            0
#define SELECTOR        16
#define SEED            20
#define GENERAL         24
#define EFLAGS          56
#define VECTOR          60
#define ERROR           64
#define POINTER         68
#define GENERAL_AFTER   72
#define EFLAGS_AFTER    104
#define EFLAGS_MASK     108
#define SUM             112
#define VECTORS         128
#define VECTORS_AFTER   256
#define RECORD          384

#define KERNEL_DATA     0x10
#define USER_DATA       0x23
#define TASK            0x30
#define WORDS           1024
#define EQUAL_FIRST     256                     /* words that are all the same */
#define EQUAL_COUNT     256
#define EXCEPTIONS      32
#define STUB            16

        .section .multiboot, "a"
        .balign 4
        .long   MULTIBOOT, FLAGS, -(MULTIBOOT + FLAGS)

        .text
        .code32
        .globl  _start
_start:
        mov     $stack_top, %esp
        mov     MODULES(%ebx), %eax
        mov     (%eax), %edx
        mov     %edx, record
        mov     4(%eax), %edx
        mov     %edx, records_end

        mov     $code_page, %eax
        mov     $narrow_code, %edi
        call    set_base
        mov     $wide_code, %edi
        call    set_base
        mov     $data_page, %eax
        mov     $user_data, %edi
        call    set_base
        mov     $task, %eax
        mov     $task_descriptor, %edi
        call    set_base
        lgdt    gdt_register
        ljmp    $0x08, $1f
1:      mov     $KERNEL_DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     %eax, %fs
        movl    $stack_top, task + 4
        movl    $KERNEL_DATA, task + 8
        movw    $104, task + 102
        mov     $TASK, %eax
        ltr     %ax

        xor     %ecx, %ecx
        mov     $stubs, %eax
2:      mov     %eax, %edx
        mov     %dx, idt(,%ecx,8)
        movw    $0x08, idt + 2(,%ecx,8)
        movw    $0xee00, idt + 4(,%ecx,8)
        shr     $16, %edx
        mov     %dx, idt + 6(,%ecx,8)
        add     $STUB, %eax
        inc     %ecx
        cmp     $EXCEPTIONS, %ecx
        jb      2b
        lidt    idt_register
        mov     %cr4, %eax
        or      $0x600, %eax                    /* OSFXSR, OSXMMEXCPT */
        mov     %eax, %cr4
        mov     $hello, %esi
        call    print

next:
        mov     $stack_top, %esp
        mov     record, %ebx
        cmp     records_end, %ebx
        jae     done

        /* Data: a sequence (xorshift), with a run of equal words in it. */
        mov     SEED(%ebx), %eax
        mov     $data_page, %edi
        mov     $WORDS, %ecx
3:      mov     %eax, %edx
        shl     $13, %edx
        xor     %edx, %eax
        mov     %eax, %edx
        shr     $17, %edx
        xor     %edx, %eax
        mov     %eax, %edx
        shl     $5, %edx
        xor     %edx, %eax
        stosl
        dec     %ecx
        jnz     3b
        movzbl  SEED(%ebx), %eax
        imul    $0x01010101, %eax
        mov     $data_page + 4 * EQUAL_FIRST, %edi
        mov     $EQUAL_COUNT, %ecx
        rep stosl

        lea     CODE(%ebx), %esi
        mov     $code_page, %edi
        mov     $4, %ecx
        rep movsl
        movups  VECTORS(%ebx), %xmm0
        movups  VECTORS + 16(%ebx), %xmm1
        movups  VECTORS + 32(%ebx), %xmm2
        movups  VECTORS + 48(%ebx), %xmm3
        movups  VECTORS + 64(%ebx), %xmm4
        movups  VECTORS + 80(%ebx), %xmm5
        movups  VECTORS + 96(%ebx), %xmm6
        movups  VECTORS + 112(%ebx), %xmm7
        pushl   $USER_DATA
        pushl   GENERAL + 16(%ebx)
        pushl   EFLAGS(%ebx)
        pushl   SELECTOR(%ebx)
        pushl   $0
        mov     $KERNEL_DATA, %eax
        mov     %eax, %fs
        mov     $USER_DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %fs:GENERAL(%ebx), %eax
        mov     %fs:GENERAL + 4(%ebx), %ecx
        mov     %fs:GENERAL + 8(%ebx), %edx
        mov     %fs:GENERAL + 20(%ebx), %ebp
        mov     %fs:GENERAL + 24(%ebx), %esi
        mov     %fs:GENERAL + 28(%ebx), %edi
        mov     %fs:GENERAL + 12(%ebx), %ebx
        iretl

/* An exception, which also ends what went well: vector, error code, EIP, CS, EFLAGS, ESP, SS. */
        .balign STUB
stubs:
        .set    vector, 0
        .rept   EXCEPTIONS
        .balign STUB
        .if     vector != 8 && vector != 17 && (vector < 10 || vector > 14)
        pushl   $0
        .endif
        pushl   $vector
        jmp     exception
        .set    vector, vector + 1
        .endr

exception:
        pushal
        mov     $KERNEL_DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        cld
        movups  %xmm0, vectors_seen
        movups  %xmm1, vectors_seen + 16
        movups  %xmm2, vectors_seen + 32
        movups  %xmm3, vectors_seen + 48
        movups  %xmm4, vectors_seen + 64
        movups  %xmm5, vectors_seen + 80
        movups  %xmm6, vectors_seen + 96
        movups  %xmm7, vectors_seen + 112
        mov     record, %ebx

        mov     $'v', %dl
        mov     32(%esp), %eax
        cmp     VECTOR(%ebx), %eax
        jne     different
        mov     $'e', %dl
        mov     36(%esp), %eax
        cmp     ERROR(%ebx), %eax
        jne     different
        mov     $'p', %dl
        mov     40(%esp), %eax
        cmp     POINTER(%ebx), %eax
        jne     different

        /* PUSHA leaves them in the opposite order, and of ESP not the one that is meant. */
        mov     52(%esp), %eax
        mov     %eax, 12(%esp)
        mov     $'r', %dl
        xor     %ecx, %ecx
        lea     28(%esp), %esi
4:      mov     (%esi), %eax
        cmp     GENERAL_AFTER(%ebx,%ecx,4), %eax
        jne     different
        sub     $4, %esi
        inc     %ecx
        cmp     $8, %ecx
        jb      4b

        mov     $'f', %dl
        mov     48(%esp), %eax
        xor     EFLAGS_AFTER(%ebx), %eax
        test    %eax, EFLAGS_MASK(%ebx)
        jnz     different

        mov     $'x', %dl
        mov     $vectors_seen, %esi
        lea     VECTORS_AFTER(%ebx), %edi
        mov     $32, %ecx
        repe cmpsl
        jne     different

        mov     $'m', %dl
        xor     %eax, %eax
        mov     $data_page, %esi
        mov     $WORDS, %ecx
5:      rol     $5, %eax
        xor     (%esi), %eax
        add     $4, %esi
        dec     %ecx
        jnz     5b
        cmp     SUM(%ebx), %eax
        jne     different

        incl    agreed
        addl    $RECORD, record
        jmp     next

different:
        mov     %eax, seen
        mov     %dl, field
        call    count
        mov     $differs, %esi
        call    print
        mov     seen, %eax
        call    print_hex
        jmp     end

done:
        call    count
        mov     $agree, %esi
        call    print
end:
        mov     $PM1_CONTROL, %edx
        mov     $SOFT_OFF, %eax
        out     %ax, %dx
6:      hlt
        jmp     6b

/* The descriptor at EDI gets the base EAX. */
set_base:
        mov     %ax, 2(%edi)
        mov     %eax, %edx
        shr     $16, %edx
        mov     %dl, 4(%edi)
        mov     %dh, 7(%edi)
        ret

/* Prints how many agreed so far. */
count:
        mov     agreed, %eax
        mov     $digits_end, %edi
        mov     $10, %ecx
7:      xor     %edx, %edx
        div     %ecx
        add     $'0', %dl
        dec     %edi
        mov     %dl, (%edi)
        test    %eax, %eax
        jnz     7b
        mov     $prefix, %esi
        call    print
        mov     %edi, %esi
        jmp     print

/* Prints EAX in hexadecimal, and the end of the line. */
print_hex:
        mov     $8, %ecx
        mov     %eax, %ebx
        mov     $SERIAL, %edx
8:      rol     $4, %ebx
        mov     %ebx, %eax
        and     $0xf, %eax
        mov     hex(%eax), %al
        out     %al, %dx
        dec     %ecx
        jnz     8b
        mov     $end_of_line, %esi

/* Prints the text at ESI. */
print:
        mov     $SERIAL, %edx
9:      lodsb
        test    %al, %al
        jz      10f
        out     %al, %dx
        jmp     9b
10:     ret

        .data
hello:          .asciz  "forms: hello\r\n"
prefix:         .asciz  "forms: "
agree:          .asciz  " agree\r\n"
differs:        .ascii  " differs in "
field:          .asciz  "  "
end_of_line:    .asciz  "\r\n"
hex:            .ascii  "0123456789abcdef"
digits:         .skip   10
digits_end:     .byte   0
        .balign 8
gdt:            .quad   0
                .quad   0x00cf9b000000ffff      /* 0x08 code */
                .quad   0x00cf93000000ffff      /* 0x10 data */
narrow_code:    .quad   0x0000fb0000000fff      /* 0x1b code, 16-bit, ring 3, one page */
user_data:      .quad   0x0040f30000000fff      /* 0x23 data, ring 3, one page */
wide_code:      .quad   0x0040fb0000000fff      /* 0x2b code, 32-bit, ring 3, one page */
task_descriptor: .quad  0x0000890000000067      /* 0x30 */
gdt_register:   .word   . - gdt - 1
                .long   gdt
        .balign 8
idt_register:   .word   EXCEPTIONS * 8 - 1
                .long   idt
record:         .long   0
records_end:    .long   0
agreed:         .long   0
seen:           .long   0

        .bss
        .balign 4096
code_page:      .skip   4096
data_page:      .skip   4096
idt:            .skip   EXCEPTIONS * 8
task:           .skip   104
        .balign 16
vectors_seen:   .skip   128
                .skip   4096
        .balign 16
stack_top:

        .section .note.GNU-stack, "", @progbits
