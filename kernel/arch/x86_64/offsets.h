/* Offsets that assembly and C# share. The kernel's tests compare them with the FieldOffset attributes of Cpu, ExecutionContext and
   Registers. */
#define CPU_SELF 0x000
#define CPU_CURRENT 0x008
#define CPU_HAZARD 0x010
#define CPU_NUMBER 0x014
#define CPU_SPACE 0x018
#define CPU_STACK_TOP 0x020
#define CPU_IDLE 0x030
#define CPU_FPU_USER 0x048
#define CPU_IO_BITMAP 0x050
#define CPU_MAPPED_IO_BITMAP 0x070
#define CPU_SERIAL 0x078
#define CPU_FRAME_END 0x1004
#define CPU_IO_BITMAP_BASE 0x1066
#define CPU_AREA_MASK 0xffff

#define CPU_ARCH 0x400

/* In struct ArchCpu. */
#define ARCH_GDT 0xc0

/* In struct VmxCpu. */
#define VMX_STAR 0x00
#define VMX_KERNEL_GS_BASE 0x18
#define VMX_LAUNCHED 0x20
#define VMX_INITIALIZED 0x24

/* In struct VirtualCpu, and in struct GuestCpu of the CPU. */
#define VIRTUAL_SPACE 0x10
#define VIRTUAL_STAMP 0x28
#define VIRTUAL_VMX 0x88
#define CPU_GUEST_READY 0x100

#define EC_READINESS 0x040
#define EC_FLAGS 0x042
#define EC_STATE 0x043
#define EC_HAZARD 0x046
#define EC_UTCB 0x048
#define EC_CALLEE 0x050
#define EC_CALLER 0x058
#define EC_OBJECTS 0x060
#define EC_HOST 0x068
#define EC_FPU_SELF 0x070
#define EC_VIRTUAL 0x078
#define EC_CONTINUATION 0x080
.set EC_rax, 0x088
.set EC_rcx, 0x090
.set EC_rdx, 0x098
.set EC_rbx, 0x0a0
#define EC_CR2 0x0a8
.set EC_rbp, 0x0b0
.set EC_rsi, 0x0b8
.set EC_rdi, 0x0c0
.set EC_r8, 0x0c8
.set EC_r9, 0x0d0
.set EC_r10, 0x0d8
.set EC_r11, 0x0e0
.set EC_r12, 0x0e8
.set EC_r13, 0x0f0
.set EC_r14, 0x0f8
.set EC_r15, 0x100
#define EC_VECTOR 0x108
#define EC_ERROR 0x110
#define EC_RIP 0x118
#define EC_CS 0x120
#define EC_RFLAGS 0x128
.set EC_rsp, 0x130
#define EC_SS 0x138
#define EC_FRAME_END 0x140
#define EC_DONOR 0x140
#define EC_PORTS 0x148
#define EC_DOMAIN 0x150
#define EC_EVENT_BASE 0x158

/* Values of EcState, and the flags InEvent and Window. */
#define STATE_WAITING 0
#define EC_FLAGS_UNUSUAL 0x18
#define EC_FLAGS_IN_EVENT 0x08
#define EC_FLAGS_GUEST 0x02

/* Object type and permission of a capability that may be called; the first directory of an object space. */
#define OBJECT_PORTAL 4
#define PORTAL_CALL 0x02
#define PORTAL_EVENT 0x04
#define PORTAL_CONTEXT 0x040
#define PORTAL_IP 0x048
#define PORTAL_ID 0x050
#define PORTAL_MTD 0x058
#define OBJECTS_DIRECTORY 0x050
#define OBJECTS_NEAR_TABLES 512
#define HOST_ROOT 0x088
#define HOST_STAMP 0x090
#define HOST_SLOT 0x098
#define PORTS_IN_FORCE 0x088

#define IO_BITMAP_BASE 0xf000
#define IO_NO_BITMAP 0xffff
#define MTD_WORDS 0x1ff
#define MTD_GPR0_7 0x02
#define MTD_RIP 0x10
#define MTD_QUAL 0x40

#define RFLAGS_USER 0x202
#define HYPERCALL_NUMBER 0xf
