using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Objects;

/// <summary>What ctrl_pd refuses, section 5.4.1.</summary>
internal static unsafe class DelegationErrorTests
{
    private const uint AllBits = 0x1f;
    private const ulong LargestBase = (1ul << 52) - 1;

    internal static void Run()
    {
        Suite.Run("Both_spaces_must_be_spaces"u8, &NotSpaces);
        Suite.Run("Spaces_must_be_of_compatible_types"u8, &IncompatibleSpaces);
        Suite.Run("The_source_needs_TAKE"u8, &NeedsTake);
        Suite.Run("The_destination_needs_GRANT"u8, &NeedsGrant);
        Suite.Run("The_NOVA_spaces_are_no_destinations"u8, &NovaSpaces);
        Suite.Run("Bases_must_be_multiples_of_the_order"u8, &Misaligned);
        Suite.Run("Ranges_must_lie_within_the_space"u8, &OutOfRange);
        Suite.Run("Port_and_MSR_numbers_must_be_equal"u8, &UnequalNumbers);
    }

    private static ulong Space(int index) => index switch
    {
        0 => RootTask.ObjectSpace.Selector,
        1 => RootTask.HostSpace.Selector,
        2 => RootTask.PioSpace.Selector,
        _ => s_msrSpace,
    };

    private static ulong s_msrSpace;

    private static void CreateMsrSpace()
    {
        if (s_msrSpace != 0)
            return;

        s_msrSpace = Lab.Selector();
        Check.Succeeds(MsrSpace.Create(s_msrSpace, Lab.NewDomain(out _, out _, out _)), "MSR space"u8);
    }

    private static Status Delegate(ulong source, ulong destination, ulong from = 0x1000, ulong to = 0x1000, uint order = 0) =>
        Hypercalls.CtrlPd(source, destination, from, to, order, AllBits, 0);

    private static void NotSpaces()
    {
        for (var i = 0; i <= 4; i++)
        {
            Check.Is(Delegate(Misuse.Selector(i), RootTask.ObjectSpace.Selector), Status.BAD_CAP, Misuse.Name(i));
            Check.Is(Delegate(RootTask.ObjectSpace.Selector, Misuse.Selector(i)), Status.BAD_CAP, Misuse.Name(i));
        }

        Check.Is(Delegate(Lab.Selector(), RootTask.ObjectSpace.Selector), Status.BAD_CAP, "null source"u8);
        Check.Is(Delegate(RootTask.ObjectSpace.Selector, Lab.Selector()), Status.BAD_CAP, "null destination"u8);
    }

    private static void IncompatibleSpaces()
    {
        CreateMsrSpace();
        for (var source = 0; source < 4; source++)
        {
            for (var destination = 0; destination < 4; destination++)
            {
                if (source != destination)
                    Check.Is(Delegate(Space(source), Space(destination)), Status.BAD_CAP, "types"u8);
            }
        }
    }

    private static void NeedsTake()
    {
        CreateMsrSpace();
        for (var i = 0; i < 4; i++)
        {
            var weak = Lab.Weakened(Space(i), AllBits & ~(uint)SpacePermissions.TAKE);
            Check.Is(Delegate(weak, Space(i)), Status.BAD_CAP, "without TAKE"u8);
            Check.Succeeds(Delegate(Space(i), weak), "as a destination it serves"u8);
        }
    }

    private static void NeedsGrant()
    {
        CreateMsrSpace();
        for (var i = 0; i < 4; i++)
        {
            var weak = Lab.Weakened(Space(i), AllBits & ~(uint)SpacePermissions.GRANT);
            Check.Is(Delegate(Space(i), weak), Status.BAD_CAP, "without GRANT"u8);
            Check.Succeeds(Delegate(weak, Space(i)), "as a source it serves"u8);
        }
    }

    private static void NovaSpaces()
    {
        Check.Is(Delegate(RootTask.ObjectSpace.Selector, RootTask.NovaObjectSpace.Selector), Status.BAD_CAP, "objects"u8);
        Check.Is(Delegate(RootTask.HostSpace.Selector, RootSelectors.NovaHostSpace), Status.BAD_CAP, "memory"u8);
        Check.Is(Delegate(RootTask.PioSpace.Selector, RootSelectors.NovaPioSpace), Status.BAD_CAP, "ports"u8);
        Check.Is(Delegate(RootSelectors.NovaMsrSpace, RootSelectors.NovaMsrSpace), Status.BAD_CAP, "MSRs"u8);
    }

    private static void Misaligned()
    {
        var objects = RootTask.ObjectSpace.Selector;
        for (var order = 1u; order < 10; order++)
        {
            var half = 1ul << (int)(order - 1);
            Check.Is(Delegate(objects, objects, 0x1000 + half, 0x2000, order), Status.BAD_PAR, "source"u8);
            Check.Is(Delegate(objects, objects, 0x1000, 0x2000 + half, order), Status.BAD_PAR, "destination"u8);
            Check.Is(Delegate(Space(1), Space(1), 0x10_0000 + half, 0x20_0000, order), Status.BAD_PAR, "memory source"u8);
            Check.Is(Delegate(Space(1), Space(1), 0x10_0000, 0x20_0000 + half, order), Status.BAD_PAR, "memory destination"u8);
            Check.Is(Delegate(Space(2), Space(2), 0x1000 + half, 0x1000 + half, order), Status.BAD_PAR, "ports"u8);
        }
    }

    private static void OutOfRange()
    {
        var objects = RootTask.ObjectSpace.Selector;
        Check.Is(Delegate(objects, objects, Lab.SelectorCount, 0x1000), Status.BAD_PAR, "source SELNUM"u8);
        Check.Is(Delegate(objects, objects, 0x1000, Lab.SelectorCount), Status.BAD_PAR, "destination SELNUM"u8);
        Check.Is(Delegate(objects, objects, LargestBase, 0x1000), Status.BAD_PAR, "largest source"u8);
        Check.Is(Delegate(objects, objects, 0x1000, LargestBase), Status.BAD_PAR, "largest destination"u8);
        Check.Is(Delegate(objects, objects, 0, 0, 31), Status.BAD_PAR, "largest order"u8);

        var end = ((ulong)RootTask.Hip >> 12) + 1;
        Check.Is(Delegate(Space(1), Space(1), 0x1000, end), Status.BAD_PAR, "memory behind user memory"u8);
        Check.Is(Delegate(Space(1), Space(1), end, 0x1000), Status.BAD_PAR, "memory from behind user memory"u8);
        Check.Is(Delegate(Space(1), Space(1), 0x1000, LargestBase), Status.BAD_PAR, "last page of all"u8);

        Check.Is(Delegate(Space(2), Space(2), 0x1_0000, 0x1_0000), Status.BAD_PAR, "port 65536"u8);
        Check.Is(Delegate(Space(2), Space(2), 0, 0, 17), Status.BAD_PAR, "131072 ports"u8);
    }

    private static void UnequalNumbers()
    {
        CreateMsrSpace();
        Check.Is(Delegate(Space(2), Space(2), 0x80, 0x81), Status.BAD_PAR, "ports"u8);
        Check.Is(Delegate(RootSelectors.NovaPioSpace, Space(2), 0x100, 0x200, 4), Status.BAD_PAR, "ports of the NOVA space"u8);
        Check.Is(Delegate(RootSelectors.NovaMsrSpace, s_msrSpace, 0x10, 0x11), Status.BAD_PAR, "MSRs"u8);
        Check.Succeeds(Delegate(RootSelectors.NovaMsrSpace, s_msrSpace, 0x10, 0x10), "equal MSRs"u8);
        Check.Succeeds(Delegate(RootSelectors.NovaMsrSpace, s_msrSpace, 0xc000_0100, 0xc000_0100, 1), "FS and GS base"u8);
    }
}
