/* What the linker script delimits, as functions: C# imports code only. */

        .text

        .macro address_of name, symbol
        .globl  \name
        .type   \name, @function
\name:
        lea     \symbol(%rip), %rax
        ret
        .size   \name, . - \name
        .endm

        address_of image_symbols_start, __symbols_start
        address_of image_symbols_end, __symbols_end
        address_of image_unwind_start, __eh_frame_hdr_start
        address_of image_unwind_end, __eh_frame_hdr_end
        address_of image_start, __image_start
        address_of image_end, __image_end

        .section .note.GNU-stack, "", @progbits
