using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Virtualization;

/// <summary>Guests in every mode of the CPU, and their simplest exits.</summary>
internal static unsafe class ModeTests
{
    internal static void Run()
    {
        Suite.Run("A_guest_in_real_mode_exits_with_CPUID_and_all_its_registers"u8, &RealCpuid);
        Suite.Run("Ports_of_a_guest_exit_with_size_and_direction"u8, &RealPorts);
        Suite.Run("A_nested_page_fault_tells_the_address_and_the_monitor_maps_it"u8, &RealMemory);
        Suite.Run("A_guest_in_protected_mode_runs"u8, &Protected);
        Suite.Run("A_guest_with_PAE_paging_runs"u8, &Pae);
        Suite.Run("A_guest_in_long_mode_runs"u8, &Long);
    }

    private static void RealCpuid() => Guest.Run(Mode.Real, Prog.RealCpuid, &OnRealCpuid);

    private static Mtd OnRealCpuid(Guest* guest, uint number, ArchitecturalState* state)
    {
        switch (number)
        {
            case SvmEvent.Cpuid:
                Check.Equal(state->RAX, 0x11223344, "RAX"u8);
                Check.Equal(state->RCX, 0x55667788, "RCX"u8);
                Check.Equal(state->RBX, 0x99aabbcc, "RBX"u8);
                Check.Equal(state->RDX, 0xddeeff00, "RDX"u8);
                Check.Equal(state->RSI, 0x01020304, "RSI"u8);
                Check.Equal(state->RDI, 0x05060708, "RDI"u8);
                Check.Equal(state->RBP, 0x090a0b0c, "RBP"u8);
                Check.Equal(state->RSP, Guest.Stack, "RSP"u8);
                state->RAX = 1;
                state->RBX = 2;
                state->RCX = 3;
                state->RDX = 4;
                return Guest.Skip(state, 2) | Mtd.GPR0_7;
            case SvmEvent.Hlt:
                Check.Equal(state->RAX, 1, "RAX of the reply"u8);
                Check.Equal(state->RBX, 2, "RBX of the reply"u8);
                Check.Equal(state->RCX, 3, "RCX of the reply"u8);
                Check.Equal(state->RDX, 4, "RDX of the reply"u8);
                Check.Equal(state->RSI, 0x01020304, "RSI kept"u8);
                Check.Equal(state->CR0, 0x10, "CR0"u8);
                return Guest.Finish(guest);
            default:
                return Guest.Unexpected(guest, number, state);
        }
    }

    private static void RealPorts() => Guest.Run(Mode.Real, Prog.RealPorts, &OnRealPorts);

    private static Mtd OnRealPorts(Guest* guest, uint number, ArchitecturalState* state)
    {
        if (number == SvmEvent.Hlt)
        {
            Check.Equal(guest->Seen[0], 3, "accesses"u8);
            Check.Equal(state->RBX & 0xffff, 0xbeef, "what IN read"u8);
            return Guest.Finish(guest);
        }

        if (number != SvmEvent.Io)
            return Guest.Unexpected(guest, number, state);

        // EXITINFO1: port in 31-16, size in 6-4, 1 for IN; EXITINFO2: the next instruction.
        var expected = guest->Seen[0] switch
        {
            0 => 0x42_0010u,
            1 => 0x1234_0021u,
            _ => 0x1234_0040u,
        };
        Check.Equal(state->Qualification1 & 0xffff_007f, expected, "qualification"u8);
        Check.Equal(state->InstructionLength, state->Qualification2 - state->RIP, "length"u8);
        if (guest->Seen[0] == 1)
            state->RAX = (state->RAX & ~0xfffful) | 0xbeef;

        guest->Seen[0]++;
        return Guest.Skip(state, state->InstructionLength) | Mtd.GPR0_7;
    }

    private static void RealMemory()
    {
        var guest = Guest.Make(Mode.Real, Prog.RealMemory, &OnRealMemory, Lab.BootCpu);
        Check.Succeeds(guest->Space.Remove(RootTask.HostSpace, 0x20, 4), "unmap"u8);
        *(uint*)(guest->Memory + 0x20010) = 0x600dcafe;
        Guest.Start(guest);
        Check.Succeeds(Lab.WaitFor(guest->Done), "the guest ends"u8);
        Check.Equal(*(uint*)(guest->Memory + 0x20020), 0xcafebabe, "what the guest wrote"u8);
        Guest.End(guest);
    }

    private static Mtd OnRealMemory(Guest* guest, uint number, ArchitecturalState* state)
    {
        if (number == SvmEvent.Hlt)
        {
            Check.Equal(guest->Seen[0], 2, "page faults: not present, then read-only"u8);
            Check.Equal(state->RBX, 0x600dcafe, "read"u8);
            Check.Equal(state->RCX, 0xcafebabe, "read back"u8);
            return Guest.Finish(guest);
        }

        if (number != SvmEvent.NestedPageFault)
            return Guest.Unexpected(guest, number, state);

        var write = guest->Seen[0] == 1;
        Check.Equal(state->Qualification3, write ? 0x20020u : 0x20010u, "address"u8);
        Check.Equal(state->Qualification1 & 2, write ? 2u : 0u, "write"u8);
        guest->Seen[0]++;
        var permissions = write ? MemoryPermissions.R | MemoryPermissions.W : MemoryPermissions.R;
        Check.Succeeds(Guest.Map(guest, 0x20, 0, permissions), "map"u8);
        return Mtd.None;
    }

    private static void Protected() => Guest.Run(Mode.Protected, Prog.Protected, &OnProtected);

    private static void Pae() => Guest.Run(Mode.Pae, Prog.Protected, &OnProtected);

    private static Mtd OnProtected(Guest* guest, uint number, ArchitecturalState* state)
    {
        if (number == SvmEvent.Cpuid)
        {
            Check.Equal(state->RAX, 0x80000001, "RAX"u8);
            state->RAX = 0xabcdef;
            return Guest.Skip(state, 2) | Mtd.GPR0_7;
        }

        if (number != SvmEvent.Hlt)
            return Guest.Unexpected(guest, number, state);

        Check.Equal(state->RBX, 0xabcdef, "EBX"u8);
        Check.Equal(state->RSI, 0x12345678, "ESI"u8);
        Check.Equal(state->RDI, guest->Mode == Mode.Pae ? 0x80000011 : 0x11, "CR0"u8);
        Check.Equal(state->CS.AccessRights, 0xc9b, "CS"u8);
        Check.Equal(state->SS.AccessRights, 0xc93, "SS"u8);
        return Guest.Finish(guest);
    }

    private static void Long() => Guest.Run(Mode.Long, Prog.Long, &OnLong);

    private static Mtd OnLong(Guest* guest, uint number, ArchitecturalState* state)
    {
        if (number == SvmEvent.Cpuid)
            return Guest.Skip(state, 2);

        if (number != SvmEvent.Hlt)
            return Guest.Unexpected(guest, number, state);

        Check.Equal(state->R15, 0x1122334455667788, "R15"u8);
        Check.Equal(state->RSI, 0x1122334455667788, "RSI"u8);
        Check.Equal(state->RBX, Guest.Tables, "CR3"u8);
        Check.Equal(state->IA32_EFER, 0x500, "EFER"u8);
        return Guest.Finish(guest);
    }
}
