/* Offsets that assembly and C# share. The kernel's tests compare them with the FieldOffset attributes of Cpu, ExecutionContext and
   Registers. */
#define CPU_SELF 0x000
#define CPU_CURRENT 0x008
#define CPU_HAZARD 0x010
#define CPU_SCRATCH 0x018
#define CPU_STACK_TOP 0x020
#define CPU_IDLE 0x030
#define CPU_FRAME_END 0x1004
#define CPU_AREA_MASK 0xffff

#define EC_CONTINUATION 0x040
#define EC_RAX 0x048
#define EC_RCX 0x050
#define EC_RDX 0x058
#define EC_RBX 0x060
#define EC_CR2 0x068
#define EC_RBP 0x070
#define EC_RSI 0x078
#define EC_RDI 0x080
#define EC_R8 0x088
#define EC_R9 0x090
#define EC_R10 0x098
#define EC_R11 0x0a0
#define EC_R12 0x0a8
#define EC_R13 0x0b0
#define EC_R14 0x0b8
#define EC_R15 0x0c0
#define EC_VECTOR 0x0c8
#define EC_ERROR 0x0d0
#define EC_RIP 0x0d8
#define EC_CS 0x0e0
#define EC_RFLAGS 0x0e8
#define EC_RSP 0x0f0
#define EC_SS 0x0f8
#define EC_FRAME_END 0x100
#define EC_HAZARD 0x100

#define RFLAGS_USER 0x202
