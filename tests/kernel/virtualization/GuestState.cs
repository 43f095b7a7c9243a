using Kilonova.Abi;

namespace Kilonova.KernelTests.Virtualization;

/// <summary>Register states in which guests begin.</summary>
internal static unsafe class GuestState
{
    private const uint Code16 = 0x9b;
    private const uint Data16 = 0x93;
    private const uint Code32 = 0xc9b;
    private const uint Data32 = 0xc93;
    private const uint Code64 = 0xa9b;
    private const uint BusyTask = 0x8b;
    private const uint LocalTable = 0x82;

    /// <summary>Fills in all but the general registers, which are 0.</summary>
    internal static void Set(ArchitecturalState* state, Mode mode)
    {
        state->RIP = Guest.Entry;
        state->RSP = Guest.Stack;
        state->RFLAGS = 2;
        state->DR7 = 0x400;
        state->IA32_PAT = 0x0007_0406_0007_0406;
        state->XCR0 = 1;
        state->CR0 = mode switch
        {
            Mode.Real => 0x10,
            Mode.Protected => 0x11,
            _ => 0x8000_0011,
        };
        // PAE; in long mode SSE too.
        state->CR4 = mode == Mode.Long ? 0x620u : mode == Mode.Pae ? 0x20u : 0;
        state->CR3 = mode == Mode.Long ? Guest.Tables : Guest.Tables + 0x3000;
        state->PDPTE0 = mode == Mode.Pae ? (Guest.Tables + 0x4000) | 1 : 0;
        state->IA32_EFER = mode == Mode.Long ? 0x500u : 0;
        var limit = mode == Mode.Real ? 0xffffu : uint.MaxValue;
        var code = mode == Mode.Real ? Code16 : mode == Mode.Long ? Code64 : Code32;
        var data = mode == Mode.Real ? Data16 : Data32;
        SetSegment(ref state->CS, mode == Mode.Real ? 0u : 8u, code, limit);
        SetSegment(ref state->SS, mode == Mode.Real ? 0u : 16u, data, limit);
        SetSegment(ref state->DS, mode == Mode.Real ? 0u : 16u, data, limit);
        SetSegment(ref state->ES, mode == Mode.Real ? 0u : 16u, data, limit);
        SetSegment(ref state->FS, mode == Mode.Real ? 0u : 16u, data, limit);
        SetSegment(ref state->GS, mode == Mode.Real ? 0u : 16u, data, limit);
        SetSegment(ref state->TR, 0, BusyTask, 0xffff);
        SetSegment(ref state->LDTR, 0, LocalTable, 0xffff);
        state->GDTR.Limit = 0xffff;
        state->IDTR.Limit = 0xffff;

        // CPUID and VMMCALL; port and MSR accesses exit in any case.
        state->Controls1 = 1u << 18;
        state->Controls2 = 1u << 1;
    }

    private static void SetSegment(ref SegmentState segment, uint selector, uint rights, uint limit)
    {
        segment.Selector = (ushort)selector;
        segment.AccessRights = (ushort)rights;
        segment.Limit = limit;
        segment.Base = 0;
    }
}
