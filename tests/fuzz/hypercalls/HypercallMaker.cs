using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Fuzz;

/// <summary>
/// Makes up hypercalls: mostly ones that could mean something, with selectors, bases and orders of what the component holds, mixed with
/// garbage in every place; sometimes nothing but garbage.
/// </summary>
internal static unsafe class HypercallMaker
{
    private const ulong FreshPage = 0x2_0000_0000 >> 12;
    private const ulong FreshPages = 64;
    private const ulong Microsecond = 2000;

    /// <summary>The kernel's own operation that walks its invariants in a checked build; for the supervisor.</summary>
    private const ulong WalkOperation = 15;

    /// <summary>Fills registers and UTCB for one hypercall that returns.</summary>
    internal static void Make(Control* control, ref Dice dice, SyscallRegisters* registers, ulong* utcb)
    {
        Garbage(ref dice, registers);
        if (!dice.OneIn(8))
            Shape(control, ref dice, registers, utcb);

        Restrain(ref dice, registers);
    }

    /// <summary>Fills registers and UTCB for a reply.</summary>
    internal static void Reply(Control* control, ref Dice dice, SyscallRegisters* registers, ulong* utcb)
    {
        Garbage(ref dice, registers);
        Message(control, ref dice, registers, utcb);
        registers->Rdi = Hypercalls.Identifier(Hypercall.ipc_reply, (uint)dice.Below(4), 0);
    }

    private static void Garbage(ref Dice dice, SyscallRegisters* registers)
    {
        registers->Rdi = dice.Next() >> (int)dice.Below(56);
        registers->Rsi = dice.Next() >> (int)dice.Below(64);
        registers->Rdx = dice.Next() >> (int)dice.Below(64);
        registers->Rax = dice.Next() >> (int)dice.Below(64);
        registers->R8 = dice.Next() >> (int)dice.Below(64);
        registers->R9 = dice.Next() >> (int)dice.Below(64);
    }

    // Time is bounded: the bystanders' priority is above, waits end, and global threads do not end themselves too often.
    private static void Restrain(ref Dice dice, SyscallRegisters* registers)
    {
        var flags = (registers->Rdi >> HypercallRegister.FlagsShift) & HypercallRegister.FlagsMask;
        switch ((Hypercall)(registers->Rdi & HypercallRegister.NumberMask))
        {
            case Hypercall.ipc_reply when !dice.OneIn(64):
                registers->Rdi ^= (ulong)Hypercall.ipc_reply ^ (ulong)Hypercall.ctrl_sc;
                break;
            case Hypercall.create_sc:
                registers->Rax &= Scd.Reserved | (0xfffful << Scd.PeriodShift) | (3ul << Scd.PriorityShift) | 0x7;
                break;
            case Hypercall.ctrl_sm when (flags & CtrlSmFlags.Down) != 0 && !dice.OneIn(64):
                registers->Rsi = Platform.Time + dice.Below(300) * Microsecond;
                break;
            case Hypercall.extension when flags == WalkOperation:
                registers->Rdi ^= 1ul << HypercallRegister.FlagsShift;
                break;
            default:
                break;
        }
    }

    private static void Shape(Control* control, ref Dice dice, SyscallRegisters* registers, ulong* utcb)
    {
        switch (dice.Below(32))
        {
            case <= 3:
                Message(control, ref dice, registers, utcb);
                registers->Rdi = Hypercalls.Identifier(
                    Hypercall.ipc_call, (uint)(dice.Next() & dice.Next() & 7), Among(ref dice, Layout.OwnPortal, Layout.BystanderPortal));
                break;
            case 4:
                Set(registers, Hypercall.create_pd, (uint)dice.Below(8), New(ref dice), Owner(ref dice));
                break;
            case <= 6:
                Thread(control, ref dice, registers);
                break;
            case 7:
                Set(registers, Hypercall.create_sc, 0, New(ref dice), Owner(ref dice));
                registers->Rdx = Among(ref dice, Layout.Driver, Layout.Driver);
                registers->Rax = dice.OneIn(2) ? dice.Next() | 1 : Scd.Reserved | (dice.Below(2000) << Scd.PeriodShift) | dice.Below(3) << 16 | dice.Below(8);
                break;
            case 8:
                Set(registers, Hypercall.create_pt, 0, New(ref dice), Owner(ref dice));
                registers->Rdx = Among(ref dice, Layout.Handler, Layout.Server);
                registers->Rax = dice.OneIn(16) ? dice.Next() : control->ServerEntry;
                break;
            case 9:
                Set(registers, Hypercall.create_sm, 0, New(ref dice), Owner(ref dice));
                registers->Rdx = dice.OneIn(8) ? ulong.MaxValue : dice.Below(3);
                break;
            case <= 16:
                Delegation(control, ref dice, registers);
                break;
            case 17:
                Set(registers, Hypercall.ctrl_ec, (uint)dice.Below(2), Among(ref dice, Layout.Driver, Layout.FarDriver), 0);
                break;
            case 18:
                Set(registers, Hypercall.ctrl_sc, 0, Among(ref dice, Layout.Time, Layout.Time), 0);
                break;
            case 19:
                Set(registers, Hypercall.ctrl_pt, 0, Among(ref dice, Layout.OwnPortal, Layout.FarPortal), dice.Next());
                registers->Rdx = (uint)dice.Next();
                break;
            case <= 23:
                Set(registers, Hypercall.ctrl_sm, (uint)dice.Below(4), Among(ref dice, Layout.OwnSemaphore, Layout.SharedSemaphore), 0);
                break;
            case 24:
                Set(registers, (Hypercall)((uint)Hypercall.ctrl_hw + dice.Below(3)), (uint)dice.Below(16), Any(ref dice), dice.Below(16));
                break;
            default:
                Extended(control, ref dice, registers);
                break;
        }
    }

    private static void Extended(Control* control, ref Dice dice, SyscallRegisters* registers)
    {
        ExtensionOperation operation = (ExtensionOperation)dice.Below(7);
        Set(registers, Hypercall.extension, (uint)operation, Any(ref dice), 0);
        switch (operation)
        {
            case ExtensionOperation.SetWindow:
                registers->Rdi = Extension.Identifier(operation, Among(ref dice, Layout.Driver, Layout.Server));
                Windows(control, ref dice, registers);
                break;
            case ExtensionOperation.Revoke or ExtensionOperation.Lookup:
                var order = (uint)dice.Below(6);
                var space = Among(ref dice, Layout.Objects, Layout.Ports);
                registers->Rdi = Extension.Identifier(operation, space);
                registers->Rdx = Hypercalls.Packed(Base(control, ref dice, space) & ~((1ul << (int)order) - 1), order);
                registers->Rax = dice.OneIn(4) ? dice.Below(64) : 0x1f;

                // What the component itself runs on goes rarely.
                if (space == Layout.Objects && operation == ExtensionOperation.Revoke && !dice.OneIn(16))
                    registers->Rdx = Hypercalls.Packed((Layout.Made + dice.Below(Layout.MadeCount)) & ~((1ul << (int)order) - 1), order);

                break;
            case ExtensionOperation.Kill:
                registers->Rdi = Extension.Identifier(operation, dice.OneIn(32) ? Layout.Domain : Made(ref dice));
                break;
            case ExtensionOperation.Quota:
                registers->Rdi = Extension.Identifier(operation, Owner(ref dice));
                registers->Rsi = Among(ref dice, Layout.PeerDomain, Layout.PeerDomain);
                registers->Rdx = dice.OneIn(4) ? dice.Next() : dice.Below(3);
                break;
            default:
                break;
        }
    }

    private static void Thread(Control* control, ref Dice dice, SyscallRegisters* registers)
    {
        Set(registers, Hypercall.create_ec, (uint)(dice.Next() | (dice.Next() & CreateEcFlags.Guest)) & 7, New(ref dice), Owner(ref dice));
        if (!dice.OneIn(4))
            registers->Rdi &= ~((ulong)CreateEcFlags.Guest << HypercallRegister.FlagsShift);

        var region = control->SpareRegion + dice.Below(HostileDomain.SpareRegions) * StackLayout.Size;
        var page = dice.OneIn(4) ? Page(control, ref dice) : (region + StackLayout.Utcb) >> 12;
        registers->Rdx = Hypercalls.Packed(page, dice.OneIn(4) ? dice.Below(control->Cpus + 1) : control->Cpu);
        registers->Rax = ThreadBlock.EntryStackOf(region);
        registers->R8 = dice.OneIn(8) ? dice.Next() : Layout.Events;
    }

    private static void Delegation(Control* control, ref Dice dice, SyscallRegisters* registers)
    {
        var order = dice.OneIn(16) ? dice.Below(32) : dice.Below(5);
        var low = ~((1ul << (int)order) - 1);
        ulong source;
        ulong destination;
        switch (dice.Below(8))
        {
            case <= 2:
                source = Layout.Objects;
                destination = dice.OneIn(4) ? Layout.PeerObjects : Layout.Objects;
                break;
            case <= 5:
                source = Layout.Host;
                destination = dice.OneIn(4) ? Layout.FarHost : Layout.Host;
                break;
            case 6:
                source = Layout.Ports;
                destination = dice.OneIn(2) ? Made(ref dice) : Layout.Ports;
                break;
            default:
                source = Any(ref dice);
                destination = Any(ref dice);
                break;
        }

        Set(registers, Hypercall.ctrl_pd, 0, source, destination);
        var from = Base(control, ref dice, source) & low;
        var to = Base(control, ref dice, destination) & low;
        if (source == Layout.Objects && !dice.OneIn(32))
            to = (Layout.Made + dice.Below(Layout.MadeCount)) & low;

        registers->Rdx = Hypercalls.Packed(from, order);
        registers->Rax = Hypercalls.Packed(source == Layout.Ports ? from : to, dice.OneIn(4) ? dice.Below(32) : 0x1f);
        registers->R8 = dice.OneIn(16) ? dice.Next() : 0;
    }

    private static void Message(Control* control, ref Dice dice, SyscallRegisters* registers, ulong* utcb)
    {
        var items = dice.OneIn(32) ? dice.Below(100) : dice.Below(6);
        registers->Rsi = dice.OneIn(8) ? dice.Next() : dice.Below(16);
        registers->Rdx = items;
        for (var i = 0; i < (int)items && i < TypedItem.MaxCount; i++)
        {
            var kind = (ItemKind)dice.Below(dice.OneIn(16) ? 8ul : 3ul);
            var order = (uint)dice.Below(4);
            var position = kind switch
            {
                ItemKind.Object => Any(ref dice),
                ItemKind.Memory => Page(control, ref dice),
                _ => 0x80 + dice.Below(4),
            };
            var item = Item.Delegate(kind, position & ~((1ul << (int)order) - 1), order, (uint)dice.Below(32), dice.Below(64));
            utcb[Item.WordIndex(i)] = item.Word0 | (dice.Below(dice.OneIn(16) ? 16ul : 2ul) << TypedItem.OperationShift);
            utcb[Item.WordIndex(i) + 1] = item.Word1;
        }

        Windows(control, ref dice, registers);
    }

    private static void Windows(Control* control, ref Dice dice, SyscallRegisters* registers)
    {
        if (dice.OneIn(16))
            return;

        var order = (int)dice.Below(5);
        registers->Rax = new Window((Layout.Made + dice.Below(Layout.MadeCount)) & ~((1ul << order) - 1), (uint)order).Raw;
        registers->R8 = dice.OneIn(4) ? 0 : new Window(Page(control, ref dice) & ~((1ul << order) - 1), (uint)order).Raw;
        registers->R9 = dice.OneIn(4) ? 0 : new Window(0x80, 2).Raw;
    }

    private static void Set(SyscallRegisters* registers, Hypercall number, uint flags, ulong selector, ulong rsi)
    {
        registers->Rdi = Hypercalls.Identifier(number, flags, selector);
        registers->Rsi = rsi;
    }

    private static ulong Among(ref Dice dice, ulong first, ulong last) =>
        dice.OneIn(4) ? Any(ref dice) : first + dice.Below(last - first + 1);

    private static ulong Any(ref Dice dice) => dice.Below(16) switch
    {
        0 => dice.Next() >> (int)dice.Below(64),
        <= 7 => Made(ref dice),
        _ => Layout.First + dice.Below(Layout.Given),
    };

    private static ulong Made(ref Dice dice) => Layout.Made + dice.Below(Layout.MadeCount);

    private static ulong New(ref Dice dice) => dice.OneIn(16) ? Any(ref dice) : Made(ref dice);

    private static ulong Owner(ref Dice dice) => dice.OneIn(4) ? Any(ref dice) : Layout.Domain;

    private static ulong Base(Control* control, ref Dice dice, ulong space) => space switch
    {
        Layout.Host or Layout.FarHost => Page(control, ref dice),
        Layout.Ports => 0x80 + dice.Below(4),
        _ => Any(ref dice),
    };

    private static ulong Page(Control* control, ref Dice dice) => dice.Below(64) switch
    {
        0 => dice.Next() >> (int)dice.Below(64),
        <= 40 => control->PlayPage + dice.Below(HostileDomain.PlayPages),
        _ => FreshPage + dice.Below(FreshPages),
    };
}
