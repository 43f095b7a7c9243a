using Kilonova.Abi;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Events;

/// <summary>Which state an event carries out and back in, bit by bit of the MTD, sections 4.4.2 and 8.7.4.</summary>
internal static unsafe class StateTests
{
    private const ulong Stale = 0xdead_dead_dead_dead;
    private const ulong Written = 0x0d0d_0000_0000_0000;
    private const int GeneralWords = 16;
    private const int RflagsWord = 16;
    private const int RipWord = 17;
    private const int QualificationWord = 20;
    private const int LayoutWords = ArchitecturalState.Size / 8;

    // CF, PF, AF, ZF, SF, DF, OF: what a program may change by itself.
    private const ulong StatusFlags = 0x8d5 | (1 << 10);
    private const ulong InterruptFlag = 1 << 9;
    private const ulong IoPrivilege = 3 << 12;
    private const ulong NestedTask = 1 << 14;
    private const ulong Virtual8086 = 1 << 17;
    private const ulong VirtualInterrupt = 3 << 19;

    private static Mtd s_replyMtd;
    private static uint s_seenMtd;

    internal static void Run()
    {
        Suite.Run("The_handler_gets_the_portals_identifier_and_MTD"u8, &IdentifierAndMtd);
        Suite.Run("Each_MTD_bit_carries_its_state_and_no_other"u8, &EachBitOut);
        Suite.Run("Registers_arrive_in_their_places"u8, &RegistersOut);
        Suite.Run("Each_MTD_bit_of_the_reply_sets_its_state_and_no_other"u8, &EachBitIn);
        Suite.Run("Only_status_and_control_flags_can_be_set"u8, &FlagsMask);
        Suite.Run("Bits_of_guests_mean_nothing_for_threads"u8, &GuestBits);
    }

    private static RegisterSet s_registers;

    private static void FillRegisters()
    {
        for (var i = 0; i < GeneralWords; i++)
            s_registers.General[i] = 0x0101_0101_0101_0100ul * (ulong)(i + 1);

        s_registers.Flags = 0x202 | 0x41;
    }

    private static void RaiseWithRegisters()
    {
        fixed (ulong* registers = s_registers.General)
            Probe.Registers((RegisterSet*)registers);
    }

    // Clears the layout for the next event, skips UD2, and replies what the test says.
    private static Mtd SkipInstruction(ArchitecturalState* state)
    {
        s_seenMtd = (uint)Fault.HandlerMtd;
        var words = (ulong*)state;
        for (var i = 0; i < LayoutWords; i++)
            words[i] = Stale;

        state->RIP = Probe.RegistersFault() + 2;
        return Mtd.RIP;
    }

    private static void ExpectSkip()
    {
        Fault.Action = &SkipInstruction;
        Fault.Expect();
    }

    private static void CheckSkipped()
    {
        Fault.Action = null;
        Fault.Check(HostEvent.UD, "#UD"u8);
    }

    private static ulong LastWord(int index)
    {
        fixed (ArchitecturalState* state = &Fault.Last)
            return ((ulong*)state)[index];
    }

    private static void IdentifierAndMtd()
    {
        FillRegisters();
        Check.Succeeds(Fault.PortalOf(HostEvent.UD).Configure(0x1234_5678_9abc_def0, Mtd.RIP | Mtd.GPR8_15), "ctrl_pt"u8);
        Fault.Action = &SkipInstruction;
        Fault.Expect();
        RaiseWithRegisters();
        Fault.Action = null;
        Check.Equal(Fault.Number, 0x1234_5678_9abc_def0, "identifier"u8);
        Check.Equal(s_seenMtd, (ulong)(Mtd.RIP | Mtd.GPR8_15), "MTD"u8);
        Fault.CheckOnce("exceptions"u8);
        Fault.ResetMtd(HostEvent.UD);
    }

    private static bool IsCarried(int word, Mtd mtd) => word switch
    {
        < 8 => (mtd & Mtd.GPR0_7) != 0,
        < GeneralWords => (mtd & Mtd.GPR8_15) != 0,
        RflagsWord => (mtd & Mtd.RFLAGS) != 0,
        RipWord => (mtd & Mtd.RIP) != 0,
        QualificationWord or QualificationWord + 1 => (mtd & Mtd.QUAL) != 0,
        _ => false,
    };

    // The third qualification and the words between are left alone with every bit.
    private static void EachBitOut()
    {
        for (var combination = 0u; combination < 32; combination++)
        {
            var mtd = Combination(combination);
            Fault.SetMtd(HostEvent.UD, mtd);

            // Once to make the layout stale, once to look.
            for (var round = 0; round < 2; round++)
            {
                FillRegisters();
                ExpectSkip();
                RaiseWithRegisters();
                CheckSkipped();
            }

            for (var word = 0; word < LayoutWords; word++)
            {
                // The skip itself has written RIP into the layout.
                var stale = word == RipWord ? Probe.RegistersFault() + 2 : Stale;
                var isStale = LastWord(word) == stale;
                if (isStale == IsCarried(word, mtd))
                {
                    Log.Write($"  MTD {(uint)mtd:x} word {word}");
                    Check.True(false, "carried as the MTD says"u8);
                }
            }
        }

        Fault.ResetMtd(HostEvent.UD);
    }

    private static Mtd Combination(uint bits) =>
        ((bits & 1) != 0 ? Mtd.GPR0_7 : 0) | ((bits & 2) != 0 ? Mtd.GPR8_15 : 0) | ((bits & 4) != 0 ? Mtd.RFLAGS : 0)
        | ((bits & 8) != 0 ? Mtd.RIP : 0) | ((bits & 16) != 0 ? Mtd.QUAL : 0);

    private static void RegistersOut()
    {
        FillRegisters();
        ExpectSkip();
        RaiseWithRegisters();
        CheckSkipped();
        for (var i = 0; i < GeneralWords; i++)
        {
            if (i != Register.Rsp)
                Check.Equal(LastWord(i), 0x0101_0101_0101_0100ul * (ulong)(i + 1), "register"u8);
        }

        Check.Equal(Fault.Last.RSP & ~(StackLayout.Size - 1), (ulong)ThreadBlock.Current, "RSP is on this stack"u8);
        Check.Equal(Fault.Last.RIP, Probe.RegistersFault(), "RIP"u8);
        Check.Equal(Fault.Last.RFLAGS & (StatusFlags | InterruptFlag), InterruptFlag | 0x41, "RFLAGS"u8);
        Check.Equal(Fault.Last.Qualification1, 0, "no error code"u8);
        for (var i = 0; i < GeneralWords; i++)
        {
            if (i != Register.Rsp)
                Check.Equal(s_registers.General[i], 0x0101_0101_0101_0100ul * (ulong)(i + 1), "register afterwards"u8);
        }
    }

    // Writes other values everywhere, and transfers what the test says.
    private static Mtd WriteEverything(ArchitecturalState* state)
    {
        var words = (ulong*)state;
        var stack = state->RSP;
        for (var i = 0; i < GeneralWords; i++)
            words[i] = Written + (ulong)i;

        state->RSP = stack;
        state->RFLAGS = 0x202 | 0x81;
        state->RIP = Probe.RegistersFault() + 2;
        return s_replyMtd;
    }

    private static void EachBitIn()
    {
        for (var combination = 0u; combination < 8; combination++)
        {
            s_replyMtd = Mtd.RIP | Combination(combination);
            FillRegisters();
            Fault.Action = &WriteEverything;
            Fault.Expect();
            RaiseWithRegisters();
            CheckSkipped();
            for (var i = 0; i < GeneralWords; i++)
            {
                var bit = i < 8 ? Mtd.GPR0_7 : Mtd.GPR8_15;
                var expected = (s_replyMtd & bit) != 0 ? Written + (ulong)i : 0x0101_0101_0101_0100ul * (ulong)(i + 1);
                if (i != Register.Rsp)
                    Check.Equal(s_registers.General[i], expected, "register"u8);
            }

            var flags = (s_replyMtd & Mtd.RFLAGS) != 0 ? 0x81ul : 0x41ul;
            Check.Equal(s_registers.Flags & StatusFlags, flags, "flags"u8);
        }
    }

    // TF would trap at once; everything else that can be asked for is asked for.
    private static Mtd SetAllFlags(ArchitecturalState* state)
    {
        state->RFLAGS = ~(1ul << 8) & ~(1ul << 18) & 0xffff_ffff;
        state->RIP = Probe.RegistersFault() + 2;
        return Mtd.RFLAGS | Mtd.RIP;
    }

    private static Mtd ClearAllFlags(ArchitecturalState* state)
    {
        state->RFLAGS = 0;
        state->RIP = Probe.RegistersFault() + 2;
        return Mtd.RFLAGS | Mtd.RIP;
    }

    private static void FlagsMask()
    {
        FillRegisters();
        Fault.Action = &SetAllFlags;
        Fault.Expect();
        RaiseWithRegisters();
        CheckSkipped();
        Check.Equal(s_registers.Flags & StatusFlags, StatusFlags, "status and control flags are set"u8);
        Check.Equal(s_registers.Flags & (IoPrivilege | NestedTask | Virtual8086 | VirtualInterrupt), 0, "system flags are not"u8);
        Check.True((s_registers.Flags & InterruptFlag) != 0, "interrupts are on"u8);

        FillRegisters();
        Fault.Action = &ClearAllFlags;
        Fault.Expect();
        RaiseWithRegisters();
        CheckSkipped();
        Check.Equal(s_registers.Flags & StatusFlags, 0, "status and control flags are clear"u8);
        Check.True((s_registers.Flags & InterruptFlag) != 0, "interrupts are still on"u8);
    }

    private static Mtd SkipWithGuestBits(ArchitecturalState* state)
    {
        _ = SkipInstruction(state);
        return Mtd.RIP | Guest;
    }

    private const Mtd Guest = Mtd.STA | Mtd.CTRL | Mtd.TPR | Mtd.INJ | Mtd.CS_SS | Mtd.DS_ES | Mtd.FS_GS | Mtd.TR | Mtd.LDTR | Mtd.GDTR
        | Mtd.IDTR | Mtd.PDPTE | Mtd.CR | Mtd.DR | Mtd.XSAVE | Mtd.APIC | Mtd.SYSCALL | Mtd.SYSENTER | Mtd.PAT | Mtd.EFER | Mtd.KERNEL_GS
        | Mtd.TSC | Mtd.TLB | Mtd.SPACES;

    private static void GuestBits()
    {
        Fault.SetMtd(HostEvent.UD, Guest);
        for (var round = 0; round < 2; round++)
        {
            FillRegisters();
            Fault.Action = &SkipWithGuestBits;
            Fault.Expect();
            RaiseWithRegisters();
            CheckSkipped();
        }

        for (var word = 0; word < LayoutWords; word++)
        {
            if (word != RipWord)
                Check.Equal(LastWord(word), Stale, "nothing is carried"u8);
        }

        Fault.ResetMtd(HostEvent.UD);
    }
}
