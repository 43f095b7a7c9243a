/* From the boot loader to C#: Multiboot headers, 32-bit entry, page tables for the first moments, long mode, high half.
   Multiboot Specification 0.6.96, section 3.1; Multiboot2 Specification 2.0, section 3.1; NOVA interface specification, section 8.1.1.

   Code in .boot.* is linked at the physical address and may run at any distance of a multiple of 2 MiB from it: EBP holds that
   distance. The tables made here map
     - the first 4 GiB of physical memory at 0 (until the jump, and for starting other CPUs) and at the direct map's place,
     - the kernel image at VIRTUAL_BASE,
     - the per-CPU area of the CPU that boots, at its final place,
   and are replaced by KernelSpace. */

#include "layout.h"

#define MULTIBOOT1              0x1badb002
#define MULTIBOOT1_LOADED       0x2badb002
#define MULTIBOOT1_FLAGS        0x00010003      /* page-aligned modules, memory map, a.out fields */
#define MULTIBOOT2              0xe85250d6
#define MULTIBOOT2_LOADED       0x36d76289

#define PTE                     0x003           /* present, writable */
#define PTE_LARGE               0x083           /* present, writable, large page */

#define CR0_START               0x80050033      /* PG, AM, WP, NE, ET, MP, PE */
#define CR4_START               0x00000020      /* PAE */
#define EFER                    0xc0000080
#define EFER_START              0x00000900      /* NXE, LME */

#define PHYSICAL(symbol)        (symbol-VIRTUAL_BASE)

        .section .boot.header, "a"
        .balign 8
boot32_multiboot1:
        .long   MULTIBOOT1, MULTIBOOT1_FLAGS, -(MULTIBOOT1 + MULTIBOOT1_FLAGS)
        .long   boot32_multiboot1, image_load, image_load_end, image_reserved_end, boot32_start

        .balign 8
boot32_multiboot2:
        .long   MULTIBOOT2, 0, boot32_multiboot2_end - boot32_multiboot2
        .long   -(MULTIBOOT2 + boot32_multiboot2_end - boot32_multiboot2)
        /* Modules start on page boundaries. */
        .short  6, 0
        .long   8
        .balign 8
        /* May be loaded at every multiple of 2 MiB below 4 GiB, preferably low. */
        .short  10, 1
        .long   24, LOAD_ADDRESS, 0xffffffff, 0x200000, 1
        .balign 8
        /* A framebuffer of 32 bits, of whatever size, where there is no text mode. The root task finds it in the loader's information. */
        .short  5, 1
        .long   20, 0, 0, 32
        .balign 8
        .short  0, 0
        .long   8
boot32_multiboot2_end:

        .section .boot.text, "ax"
        .code32

/* Makes a table the content of an entry of another. */
.macro LINK entry, table
        lea     PHYSICAL(\table)+PTE(%ebp), %eax
        mov     %eax, PHYSICAL(\entry)(%ebp)
.endm

/* Fills a table from its first entry on: with what FIRST is the address of, and what is DISTANCE further each. */
.macro FILL table, first, distance, count
        lea     PHYSICAL(\table)(%ebp), %edi
        lea     \first, %eax
        mov     $\count, %ecx
1:      mov     %eax, (%edi)
        add     $\distance, %eax
        add     $8, %edi
        loop    1b
.endm

        .globl  boot32_start
boot32_start:
        cli
        cld
        /* The only writable memory that is known is the loader's information: its first word serves as a stack of one slot. */
        lea     4(%ebx), %esp
        cmp     $MULTIBOOT1_LOADED, %eax
        je      1f
        cmp     $MULTIBOOT2_LOADED, %eax
        je      1f
        xor     %eax, %eax
        mov     $0x7000, %esp
1:      mov     -4(%esp), %edx
        call    2f
2:      pop     %ebp
        mov     %edx, -4(%esp)
        sub     $2b, %ebp
        lea     PHYSICAL(boot_area) + BOOT_AREA_STACK_END(%ebp), %esp
        push    %ebx
        push    %eax

        lea     boot32_message_loader(%ebp), %esi
        test    %eax, %eax
        jz      boot32_fail

        /* CPUID itself is older than any CPU that the loaders run on. */
        lea     boot32_message_cpu(%ebp), %esi
        mov     $0x80000000, %eax
        cpuid
        cmp     $0x80000001, %eax
        jb      boot32_fail
        mov     $0x80000001, %eax
        cpuid
        test    $0x20000000, %edx
        jz      boot32_fail
        lea     boot32_message_nx(%ebp), %esi
        test    $0x00100000, %edx
        jz      boot32_fail

        /* First 4 GiB: one directory pointer table, at both places, and four directories. */
        LINK    boot_pml4, boot_pdpt_low
        LINK    boot_pml4+256*8, boot_pdpt_low
        FILL    boot_pdpt_low, PHYSICAL(boot_pd_low)+PTE(%ebp), 0x1000, 4
        FILL    boot_pd_low, PTE_LARGE, 0x200000, 2048

        /* The image: VIRTUAL_BASE is entry 510 of its directory pointer table. */
        LINK    boot_pml4+511*8, boot_pdpt_image
        LINK    boot_pdpt_image+510*8, boot_pd_image
        FILL    boot_pd_image, PTE_LARGE(%ebp), 0x200000, IMAGE_LARGE_PAGES

        /* This CPU's area: pages that are not guards take the frames of boot_area in turn. */
        LINK    boot_pml4+510*8, boot_pdpt_area
        LINK    boot_pdpt_area, boot_pd_area
        LINK    boot_pd_area, boot_pt_area
        lea     PHYSICAL(boot_pt_area)(%ebp), %edi
        lea     PHYSICAL(boot_area) + PTE(%ebp), %eax
        mov     $AREA_PAGES, %edx
1:      shr     %edx
        jnc     2f
        mov     %eax, (%edi)
        add     $0x1000, %eax
2:      add     $8, %edi
        test    %edx, %edx
        jnz     1b

        mov     $CR4_START, %eax
        mov     %eax, %cr4
        lea     PHYSICAL(boot_pml4)(%ebp), %eax
        mov     %eax, %cr3
        mov     $EFER, %ecx
        rdmsr
        or      $EFER_START, %eax
        wrmsr
        pop     %edi
        pop     %esi
        lea     boot32_gdt(%ebp), %eax
        push    %eax
        pushw   $boot32_gdt_end - boot32_gdt - 1
        mov     $CR0_START, %eax
        mov     %eax, %cr0
        lgdt    (%esp)
        add     $6, %esp
        push    $0x08
        lea     1f(%ebp), %eax
        push    %eax
        lret

        .code64
1:
        movabs  $boot_high_half, %rax
        jmp     *%rax

        .code32
        /* ESI: message, ended by 0. Printed in the upper left corner of a text screen, and by the first serial port as firmware set it. */
boot32_fail:
        mov     $0xb8000, %edi
1:      lodsb
        test    %al, %al
        jz      3f
        mov     $0x0f, %ah
        stosw
        mov     %al, %bl
        mov     $0x3fd, %edx
        mov     $100000, %ecx
2:      inb     %dx, %al
        test    $0x20, %al
        loopz   2b
        mov     $0x3f8, %edx
        mov     %bl, %al
        outb    %al, %dx
        jmp     1b
3:      cli
        hlt
        jmp     3b

boot32_message_loader:  .asciz  "Kilonova: not started by a Multiboot loader\r\n"
boot32_message_cpu:     .asciz  "Kilonova: this CPU has no 64-bit mode\r\n"
boot32_message_nx:      .asciz  "Kilonova: this CPU cannot protect data from execution (NX)\r\n"

        .balign 8
boot32_gdt:             .quad   0, 0x00af9b000000ffff, 0x00cf93000000ffff
boot32_gdt_end:

        .code64
        .text
        /* EDI: EAX at entry, ESI: EBX at entry, EBP: distance from the link address. C# sets the segments up. */
boot_high_half:
        movabs  $AREA_BASE + AREA_STACK_END, %rsp
        movslq  %ebp, %rdx
        xor     %ebp, %ebp
        call    boot_main
        ud2

        /* What C# wants to know about the image; see ImageLayout. */
        .globl  image_layout
image_layout:
        lea     1f(%rip), %rax
        ret
        .section .rodata
        .balign 8
1:      .quad   image_load + VIRTUAL_BASE, image_text, image_rodata, image_data, image_end, image_reserved_end + VIRTUAL_BASE
        .quad   boot_pml4, boot_area, idt, exception_stubs, interrupt_stubs
        .quad   trampoline_start, trampoline_end, smp_start
        .quad   __symbols_start, __symbols_end
        .quad   syscall_entry, idle_wait, msr_access, msr_access_end, msr_failed

        .section .bss.page, "aw", @nobits
        .balign 4096
boot_pml4:              .skip 4096
boot_pdpt_low:          .skip 4096
boot_pd_low:            .skip 4 * 4096
boot_pdpt_image:        .skip 4096
boot_pd_image:          .skip 4096
boot_pdpt_area:         .skip 4096
boot_pd_area:           .skip 4096
boot_pt_area:           .skip 4096
boot_area:              .skip BOOT_AREA_SIZE
idt:                    .skip 4096

        .section .note.GNU-stack, "", @progbits
