/* A guest kernel that does everything wrong, at random: ports, memory where there is none, model-specific registers, descriptors, control
   and debug registers, code that it has just written. Whatever fault comes of a step ends the step. The command line is the number of steps
   and the number that the dice begin with; it prints "hostile: done" behind them and then faults three times over. Multiboot 1, 32-bit ELF. */

#define SERIAL          0x3f8
#define RESET_PORT      0xcf9
#define PM1_CONTROL     0x604
#define KEYBOARD        0x64
#define SYSTEM_CONTROL  0x92
#define LOCAL_APIC      0xfee00000
#define COMMAND         (LOCAL_APIC + 0x300)    /* it and the local vector table behind it send INIT, also to the sender */
#define IO_APIC         0xfec00000
#define MULTIBOOT       0x1badb002
#define FLAGS           0x3
#define COMMAND_LINE    16                      /* in the Multiboot information */
#define KINDS           10
#define VECTORS         256
#define SEED            0x2545f491

/* Of CR4 those that a processor of today has, but for PSE, PAE and PGE, as there are no page tables. For others a processor raises #GP; QEMU
   ends the virtual machine with VMEXIT_INVALID, which is the end of the game. */
#define CR4_BITS        0x0034074f

        .section .multiboot, "a"
        .balign 4
        .long   MULTIBOOT, FLAGS, -(MULTIBOOT + FLAGS)

        .text
        .code32
        .globl  _start
_start:
        mov     $stack_top, %esp
        lgdt    gdt_register
        ljmp    $0x08, $1f
1:      call    data_segments
        mov     COMMAND_LINE(%ebx), %esi
        call    number
        mov     %eax, steps
        inc     %esi
        call    number
        add     %eax, state
        mov     $hello, %esi
        call    print

        /* Whatever comes ends the step. */
        xor     %ecx, %ecx
2:      mov     $recover, %eax
        mov     %ax, idt(,%ecx,8)
        movw    $0x08, idt + 2(,%ecx,8)
        movw    $0x8e00, idt + 4(,%ecx,8)
        shr     $16, %eax
        mov     %ax, idt + 6(,%ecx,8)
        inc     %ecx
        cmp     $VECTORS, %ecx
        jb      2b

next:
        mov     $stack_top, %esp
        lgdt    gdt_register
        lidt    idt_register
        call    data_segments
        cld
        subl    $1, steps
        jb      done
        call    random
        xor     %edx, %edx
        mov     $KINDS, %ecx
        div     %ecx
        jmp     *kinds(,%edx,4)

recover:
        ljmp    $0x08, $next

done:
        mov     $done_text, %esi
        call    print
        lidt    nothing
        int3

kinds:  .long   read_port, write_port, load, store, read_register, write_register, descriptor, fresh_code, control, odd

/* DX: a port that does not end the game, nor write on the serial line. */
port:
        call    random
        mov     %eax, %edx
        bt      $16, %edx                       /* every other time where devices are */
        jc      1f
        and     $0x3ff, %dx
1:      cmp     $RESET_PORT - 3, %dx
        jb      2f
        cmp     $RESET_PORT, %dx
        jbe     port
2:      cmp     $PM1_CONTROL - 3, %dx
        jb      3f
        cmp     $PM1_CONTROL + 1, %dx
        jbe     port
3:      cmp     $KEYBOARD - 3, %dx
        jb      4f
        cmp     $KEYBOARD, %dx
        jbe     port
4:      cmp     $SYSTEM_CONTROL - 3, %dx
        jb      5f
        cmp     $SYSTEM_CONTROL, %dx
        jbe     port
5:      cmp     $SERIAL - 3, %dx
        jb      6f
        cmp     $SERIAL + 7, %dx
        jbe     port
6:      ret

read_port:
        call    port
        call    random
        test    $3, %al
        jz      1f
        test    $4, %al
        jz      2f
        in      %dx, %al
        jmp     next
1:      in      %dx, %ax
        jmp     next
2:      in      %dx, %eax
        jmp     next

write_port:
        call    port
        call    random
        bt      $8, %eax
        jc      1f
        bt      $9, %eax
        jc      2f
        out     %al, %dx
        jmp     next
1:      out     %ax, %dx
        jmp     next
2:      out     %eax, %dx
        jmp     next

/* EDI: an address where there is no memory: that of a device, or any. */
address:
        call    random
        mov     %eax, %edi
        call    random
        test    $7, %al
        jz      3f
        and     $0xfff, %edi
        test    $1, %al
        jz      1f
        test    $2, %al
        jz      2f
        add     $LOCAL_APIC, %edi
        cmp     $COMMAND - 7, %edi
        jb      4f
        cmp     $COMMAND + 0xff, %edi
        jbe     address
        ret
1:      and     $0xc, %edi                      /* its index: what comes by its inputs may be INIT, too */
        add     $IO_APIC, %edi
        ret
2:      add     $0xe0000000, %edi               /* configuration space */
        ret
3:      or      $0x80000000, %edi
        mov     %edi, %eax
        shr     $12, %eax
        cmp     $LOCAL_APIC >> 12, %eax
        je      address
4:      ret

load:
        call    address
        call    random
        test    $3, %al
        jz      1f
        test    $4, %al
        jz      2f
        mov     (%edi), %eax
        jmp     next
1:      mov     (%edi), %al
        jmp     next
2:      movzwl  (%edi), %eax
        jmp     next

store:
        call    address
        call    random
        bt      $8, %eax
        jc      1f
        bt      $9, %eax
        jc      2f
        mov     %eax, (%edi)
        jmp     next
1:      mov     %al, (%edi)
        jmp     next
2:      mov     %ax, (%edi)
        jmp     next

/* ECX: a model-specific register of those that processors have, or any. Not those through which a hypervisor writes to memory. */
register:
        call    random
        mov     %eax, %ecx
        call    random
        test    $7, %al
        jz      1f
        and     $0x8ff, %ecx
        test    $8, %al
        jz      1f
        and     $0x1ff, %ecx
        or      $0xc0000000, %ecx
1:      cmp     $0x1b, %ecx                     /* IA32_APIC_BASE: the way to the other registers */
        je      register
        mov     %ecx, %eax
        shr     $4, %eax
        cmp     $0x83, %eax                     /* the same registers */
        je      register
        mov     %ecx, %eax
        shr     $8, %eax
        cmp     $0x4b564d, %eax
        je      register
        cmp     $0x11, %ecx
        je      register
        cmp     $0x12, %ecx
        je      register
        ret

read_register:
        call    register
        rdmsr
        jmp     next

write_register:
        call    register
        call    random
        mov     %eax, %edx
        call    random
        wrmsr
        jmp     next

/* A descriptor of random bits, in each of the segment registers that can do without. */
descriptor:
        call    random
        mov     %eax, free_descriptor
        call    random
        mov     %eax, free_descriptor + 4
        call    random
        mov     $0x18, %edx
        test    $1, %al
        jz      1f
        mov     %edx, %fs
1:      test    $2, %al
        jz      2f
        mov     %edx, %gs
2:      test    $4, %al
        jz      3f
        lldt    %dx
3:      test    $8, %al
        jz      4f
        ltr     %dx
4:      test    $16, %al
        jz      next
        mov     %fs:(%eax), %ebx
        jmp     next

/* Writes an instruction that reaches a device, and executes it: perhaps a prefix, an opcode that goes with a memory operand, EDI for its
   address; immediate operands are what NOPs make. */
fresh_code:
        call    address
        push    %edi
        mov     $code, %edi
        mov     $0x90909090, %eax
        mov     $4, %ecx
        rep stosl
        mov     $code, %edi
        call    random
        and     $7, %eax
        mov     prefixes(%eax), %al
        stosb
        call    random
        and     $0x1f, %eax
        movzwl  opcodes(,%eax,2), %eax
        test    %ah, %ah
        jnz     1f
        stosb
        jmp     2f
1:      stosw
2:      call    random
        and     $0x38, %al                      /* no displacement, EDI */
        or      $7, %al
        stosb
        movb    $0xe9, code + 15                /* JMP next */
        mov     $next, %eax
        sub     $code + 20, %eax
        mov     %eax, code + 16
        pop     %edi
        call    random
        mov     %eax, %ecx
        and     $0xff, %ecx
        mov     %edi, %eax
        shr     $12, %eax
        cmp     $LOCAL_APIC >> 12, %eax         /* a repeated instruction would get to the commands that reset the sender */
        jne     3f
        mov     $1, %ecx
3:      mov     $landing, %esi
        jmp     code

control:
        call    random
        mov     %eax, %edx
        call    random
        and     $7, %eax
        jmp     *controls(,%eax,4)
controls: .long 1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f
1:      and     $CR4_BITS, %edx
        mov     %edx, %cr4
        xor     %edx, %edx
        mov     %edx, %cr4
        jmp     next
2:      and     $0x40050034, %edx               /* CD without NW: the other way round is refused, but not by QEMU's MOV */
        or      $1, %edx
        mov     %edx, %cr0
        mov     $0x11, %edx
        mov     %edx, %cr0
        jmp     next
3:      mov     %edx, %dr0
        jmp     next
4:      and     $~0xff, %edx                    /* nothing is watched */
        mov     %edx, %dr7
        jmp     next
5:      mov     %edx, %dr6
        mov     %dr7, %ecx
        jmp     next
6:      mov     %edx, %cr3
        jmp     next
7:      lmsw    %dx
        mov     $0x11, %edx
        mov     %edx, %cr0
        jmp     next
8:      mov     %edx, %cr2
        clts
        jmp     next

/* What processors rarely see. */
odd:
        call    random
        mov     %eax, %ecx
        call    random
        mov     %eax, %edx
        and     $0xf, %edx
        jmp     *odds(,%edx,4)
odds:   .long   1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f, 9f, 10f, 11f, 12f, 13f, 14f, 15f, 16f
1:      cpuid
        jmp     next
2:      and     $0x4000001f, %eax
        cpuid
        jmp     next
3:      rdtsc
        jmp     next
4:      rdpmc
        jmp     next
5:      xsetbv
        jmp     next
6:      vmmcall
        jmp     next
7:      vmcall
        jmp     next
8:      vmrun   %eax
        jmp     next
9:      monitor
        jmp     next
10:     mwait
        jmp     next
11:     wbinvd
        invd
        jmp     next
12:     sti
        pause
        cli
        jmp     next
13:     int     $0x80
        jmp     next
14:     ud2
        jmp     next
15:     rsm
        jmp     next
16:     invlpg  (%eax)
        jmp     next

data_segments:
        mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        ret

/* EAX: the next number of a sequence (xorshift). */
random:
        push    %ecx
        mov     state, %eax
        mov     %eax, %ecx
        shl     $13, %ecx
        xor     %ecx, %eax
        mov     %eax, %ecx
        shr     $17, %ecx
        xor     %ecx, %eax
        mov     %eax, %ecx
        shl     $5, %ecx
        xor     %ecx, %eax
        mov     %eax, state
        pop     %ecx
        ret

/* EAX: the decimal number at ESI. */
number:
        xor     %eax, %eax
1:      movzbl  (%esi), %ecx
        sub     $'0', %ecx
        cmp     $9, %ecx
        ja      2f
        lea     (%eax,%eax,4), %eax
        lea     (%ecx,%eax,2), %eax
        inc     %esi
        jmp     1b
2:      ret

/* Prints the text at ESI. */
print:
        mov     $SERIAL, %edx
1:      lodsb
        test    %al, %al
        jz      2f
        out     %al, %dx
        jmp     1b
2:      ret

        .data
hello:          .asciz  "hostile: hello\r\n"
done_text:      .asciz  "hostile: done\r\n"
prefixes:       .byte   0x90, 0x66, 0xf0, 0xf2, 0xf3, 0x2e, 0x90, 0x3e
        .balign 2
opcodes:        .word   0x00, 0x01, 0x02, 0x03, 0x08, 0x11, 0x29, 0x31, 0x39, 0x80, 0x81, 0x83, 0x84, 0x86, 0x87, 0x88
                .word   0x89, 0x8a, 0x8b, 0xc6, 0xc7, 0xd1, 0xf6, 0xf7, 0xfe, 0xa4, 0xa5, 0xab
                .word   0xb10f, 0xc10f, 0xb60f, 0xab0f
        .balign 4
state:          .long   SEED
steps:          .long   0
nothing:        .word   0
                .long   0
        .balign 8
gdt:            .quad   0
                .quad   0x00cf9b000000ffff      /* 0x08 code */
                .quad   0x00cf93000000ffff      /* 0x10 data */
free_descriptor: .quad  0                       /* 0x18 */
gdt_register:   .word   . - gdt - 1
                .long   gdt
        .balign 8
idt_register:   .word   VECTORS * 8 - 1
                .long   idt

        .bss
        .balign 4096
idt:            .skip   VECTORS * 8
code:           .skip   64
landing:        .skip   4096
                .skip   4096
stack_top:

        .section .note.GNU-stack, "", @progbits
