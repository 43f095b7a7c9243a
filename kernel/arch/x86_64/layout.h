/* Addresses that assembly and C# share (Layout.cs, Cpu.Current.cs; a test compares them). */
#define VIRTUAL_BASE            0xffffffff80000000
#define LOAD_ADDRESS            0x200000

/* Large pages of the image that the boot tables map. */
#define IMAGE_LARGE_PAGES       32

/* Per-CPU areas. Bit n of AREA_PAGES: page n is no guard. */
#define AREA_BASE               0xffffff0000000000
#define AREA_PAGES              0xaafb
#define AREA_STACK_END          0x8000

/* The frames of the first area lie side by side: two of struct Cpu, then five of the kernel stack. */
#define BOOT_AREA_SIZE          (11 * 4096)
#define BOOT_AREA_STACK_END     (7 * 4096)
