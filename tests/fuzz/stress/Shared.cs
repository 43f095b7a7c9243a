using System.Threading;
using Kilonova.Abi;
using Kilonova.Fuzz;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Stress;

/// <summary>
/// What the workers of all CPUs share: semaphores whose counts must add up, and slots in which objects are created, used and destroyed
/// without any agreement.
/// </summary>
internal static unsafe class Shared
{
    private const int Semaphores = 8;
    private const int SlotOrder = 5;
    private const ulong Slots = 1ul << SlotOrder;
    private const ulong ThreadPage = 0x6_0000_0000 >> 12;
    private const uint AllRights = 0x1f;

    private static ulong s_semaphores;
    private static ulong s_slots;
    private static ulong s_target;
    private static long* s_tokens;
    private static ulong s_idle;

    internal static void Prepare()
    {
        s_semaphores = RootTask.TakeSelectors(3);
        s_slots = RootTask.TakeSelectors(SlotOrder);
        s_tokens = (long*)Lab.Memory(1);
        s_idle = Lab.Idle(Lab.CpuCount - 1);

        // Tables of the root domain's spaces stay once they are made: now.
        for (var i = 0ul; i < Slots; i++)
            RootTask.Require(Semaphore.Create(s_slots + i, Lab.Domain, 0), "slot"u8);

        RootTask.Require(RootTask.ObjectSpace.Remove(s_slots, SlotOrder), "slots"u8);
        RootTask.Require(ExecutionContext.CreateLocal(s_slots, Lab.Domain, ThreadPage, Lab.BootCpu, 0, RootSelectors.NoEvents), "thread"u8);
        RootTask.Require(RootTask.ObjectSpace.Remove(s_slots, 0), "thread"u8);
        s_target = Lab.Local(Lab.BootCpu)->Selector;
        Arena.Prepare();
        Victim.Prepare();
    }

    internal static void Begin()
    {
        for (var i = 0u; i < Semaphores; i++)
        {
            s_tokens[i] = 0;
            RootTask.Require(Semaphore.Create(s_semaphores + i, Lab.Domain, 0), "semaphore"u8);
        }
    }

    /// <summary>What was upped and not taken is still there. Everything goes.</summary>
    internal static void End()
    {
        for (var i = 0u; i < Semaphores; i++)
        {
            var left = 0L;
            while (new Semaphore(s_semaphores + i).Down(1) == Status.SUCCESS)
                left++;

            Check.Equal((ulong)left, (ulong)s_tokens[i], "what is left in a semaphore"u8);
        }

        Check.Succeeds(RootTask.ObjectSpace.Remove(s_semaphores, 3), "remove"u8);
        Check.Succeeds(RootTask.ObjectSpace.Remove(s_slots, SlotOrder), "remove"u8);
    }

    internal static void Up(ref Dice dice)
    {
        var i = dice.Below(Semaphores);

        // Before, so that nobody takes what has not been counted.
        _ = Interlocked.Increment(ref s_tokens[i]);
        Check.Succeeds(new Semaphore(s_semaphores + i).Up(), "up"u8);
    }

    /// <summary>Waits for at most a fraction of a millisecond.</summary>
    internal static void Down(ref Dice dice)
    {
        var i = dice.Below(Semaphores);
        var status = new Semaphore(s_semaphores + i).Down(Platform.Time + 1 + dice.Below(Lab.Milliseconds(1)));
        if (status == Status.SUCCESS)
            _ = Interlocked.Decrement(ref s_tokens[i]);
        else
            Check.Is(status, Status.TIMEOUT, "down"u8);
    }

    /// <summary>Tries to make an object of some kind in a slot.</summary>
    internal static void Create(ref Dice dice)
    {
        var index = dice.Below(Slots);
        var slot = s_slots + index;
        var status = dice.Below(8) switch
        {
            0 => ProtectionDomain.Create(slot, Lab.Domain),
            1 => MsrSpace.Create(slot, Lab.Domain),
            2 => ExecutionContext.CreateLocal(
                slot, Lab.Domain, ThreadPage + index, (uint)dice.Below(Lab.CpuCount), 0, RootSelectors.NoEvents, dice.OneIn(2)),
            3 => SchedulingContext.Create(
                slot, Lab.Domain, new ExecutionContext(s_idle), SchedulingDescriptor.Slice(1 + (uint)dice.Below(20), 1)),
            4 => Portal.Create(slot, Lab.Domain, new ExecutionContext(s_target), 0x1000),
            _ => Semaphore.Create(slot, Lab.Domain, dice.Below(3)),
        };

        // BAD_PAR: the UTCB of the thread before is still there.
        Check.True(status is Status.SUCCESS or Status.BAD_CAP or Status.BAD_PAR, "status of a creation"u8);
    }

    /// <summary>Makes a slot empty, by removing or revoking.</summary>
    internal static void Remove(ref Dice dice)
    {
        var slot = s_slots + dice.Below(Slots);
        Check.Succeeds(
            dice.OneIn(2) ? RootTask.ObjectSpace.Remove(slot, 0) : Extension.Revoke(RootTask.ObjectSpace.Selector, slot, 0, AllRights, true),
            "remove"u8);
    }

    /// <summary>Uses whatever is in a slot.</summary>
    internal static void Use(ref Dice dice)
    {
        var slot = s_slots + dice.Below(Slots);
        var semaphore = new Semaphore(slot);
        var status = dice.Below(7) switch
        {
            0 or 1 => semaphore.Up(),
            2 or 3 => semaphore.Down(Platform.Time + 1 + dice.Below(Lab.Milliseconds(1))),
            4 => new ExecutionContext(slot).Recall(dice.OneIn(2)),
            5 => new SchedulingContext(slot).ReadTime(out _),
            _ => new Portal(slot).Configure(1, Mtd.None),
        };
        Check.True(status is Status.SUCCESS or Status.BAD_CAP or Status.TIMEOUT or Status.ABORTED, "status of a use"u8);
    }

    /// <summary>Copies a slot's capability into another slot.</summary>
    internal static void Copy(ref Dice dice) =>
        Check.Succeeds(
            RootTask.ObjectSpace.Delegate(RootTask.ObjectSpace, s_slots + dice.Below(Slots), s_slots + dice.Below(Slots), 0, AllRights),
            "copy"u8);
}
