/* The first instructions of a root task. NOVA interface specification of 24 January 2024, section 8.1.2: RSP holds the address of the
   hypervisor information page, RDI and RSI what EAX and EBX held when the boot loader entered the kernel. Without unwind information: here
   the stack ends. */

        .set    STACK_SIZE, 0x10000             /* StackLayout.Size */
        .set    HEAP_SIZE, 0x100000

        .text
        .globl  _start
        .type   _start, @function
_start:
        mov     %rsp, %rdx
        lea     first_stack + STACK_SIZE - 16(%rip), %rsp
        xor     %ebp, %ebp
        call    runtime_root_start              /* (magic, information, hip) */
        ud2
        .size   _start, . - _start

/* byte *root_heap_start(void), byte *root_heap_end(void): C# imports code only. */
        .globl  root_heap_start
        .type   root_heap_start, @function
root_heap_start:
        lea     __heap_start(%rip), %rax
        ret
        .size   root_heap_start, . - root_heap_start

        .globl  root_heap_end
        .type   root_heap_end, @function
root_heap_end:
        lea     __heap_end(%rip), %rax
        ret
        .size   root_heap_end, . - root_heap_end

/* The first thread's region: block, UTCB's place and guard page (unmapped by start-up), stack. */
        .section .stack, "aw", @progbits
        .globl  first_stack
        .balign STACK_SIZE
first_stack:
        .skip   STACK_SIZE

        .bss
        .balign 4096
__heap_start:
        .skip   HEAP_SIZE
__heap_end:

/* Contents behind everything else in .bss: so it lies in the file. */
        .section .bss_contents, "aw", @progbits
        .quad   0

        .section .note.GNU-stack, "", @progbits
