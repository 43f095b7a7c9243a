/* Port I/O, which C# has no instruction for. */

        .text

/* uint port_in8(edi = port) */
        .globl  port_in8
        .type   port_in8, @function
port_in8:
        mov     %edi, %edx
        xor     %eax, %eax
        in      %dx, %al
        ret
        .size   port_in8, . - port_in8

/* void port_out8(edi = port, esi = value) */
        .globl  port_out8
        .type   port_out8, @function
port_out8:
        mov     %edi, %edx
        mov     %esi, %eax
        out     %al, %dx
        ret
        .size   port_out8, . - port_out8

/* void port_out32(edi = port, esi = value) */
        .globl  port_out32
        .type   port_out32, @function
port_out32:
        mov     %edi, %edx
        mov     %esi, %eax
        out     %eax, %dx
        ret
        .size   port_out32, . - port_out32

/* uint port_in32(edi = port) */
        .globl  port_in32
        .type   port_in32, @function
port_in32:
        mov     %edi, %edx
        in      %dx, %eax
        ret
        .size   port_in32, . - port_in32

        .section .note.GNU-stack, "", @progbits
