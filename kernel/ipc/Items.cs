namespace Kilonova.Kernel;

/// <summary>
/// Messages with typed items: capabilities that travel with the words, into windows that the receiver has opened (docs/abi.md,
/// Extensions). Everything about IPC that is not the straight path of plain words ends up here.
/// </summary>
/// <remarks>
/// A transfer may take long (an item can name a gigabyte) and lets others run between steps. Meanwhile the sender is current and its
/// continuation goes on with the transfer; the receiver is claimed: it is Running but helps the sender, so that whoever needs the
/// receiver spends time on the transfer. <see cref="OperationCursor"/> of the sender holds the place: items done, steps done in the
/// current one, the receiver.
/// </remarks>
public static unsafe class Items
{
    private const int Words = Utcb.Words;

    /// <summary>
    /// ipc_call with flags, or to a callee with an open window. The callee waits. BAD_PAR if the items do not fit beside the words.
    /// </summary>
    public static void Call(ExecutionContext* ec, ExecutionContext* callee, Portal* portal)
    {
        ulong identifier = ec->Registers.Rdi;
        uint mtd = (uint)ec->Registers.Rsi;
        uint count = 0;
        if ((identifier & (IpcCallFlags.Items << HypercallRegister.FlagsShift)) != 0)
        {
            ulong n = ec->Registers.Rdx;
            if (!Fits(n, mtd))
            {
                ec->Registers.Rdi = (ulong)Status.BAD_PAR;
                return;
            }

            count = (uint)n;
        }

        if ((identifier & (IpcCallFlags.Window << HypercallRegister.FlagsShift)) != 0)
            Open(ec, ec->Registers.Rax, ec->Registers.R8, ec->Registers.R9);

        Cpu* cpu = Cpu.This;
        Kernel.Call.Connect(cpu, ec, callee, portal, mtd);
        if (TrySend(ec, callee, mtd, count))
            Cpu.ResumeInline(cpu, callee);
        else
            ContinueCall(ec);
    }

    /// <summary>ipc_reply with flags, or to a caller with an open window, or without a caller.</summary>
    public static void Reply(ExecutionContext* ec)
    {
        ulong identifier = ec->Registers.Rdi;
        uint mtd = (uint)ec->Registers.Rsi;
        ulong n = (identifier & (IpcReplyFlags.Items << HypercallRegister.FlagsShift)) != 0 ? ec->Registers.Rdx : 0;
        if ((identifier & (IpcReplyFlags.Window << HypercallRegister.FlagsShift)) != 0)
            Open(ec, ec->Registers.Rax, ec->Registers.R8, ec->Registers.R9);

        ExecutionContext* caller = ec->Caller;
        if (caller == null || (caller->Flags & EcFlags.InEvent) != 0)
        {
            Kernel.Reply.WithoutMessage(Cpu.This, ec, caller);
            return;
        }

        // Items that do not fit are left out, the words go all the same.
        uint count = Fits(n, mtd) ? (uint)n : 0;
        caller->Registers.Rdi = (ulong)Status.SUCCESS;
        caller->Registers.Rsi = mtd;
        if (TrySend(ec, caller, mtd, count))
            Kernel.Reply.Disconnect(Cpu.This, ec, caller);
        else
            ContinueReply(ec);
    }

    /// <summary>
    /// Opens windows for the next message, or lastingly with <see cref="Windows.Lasting"/> set by the caller. All three closed closes.
    /// </summary>
    public static void Open(ExecutionContext* ec, ulong objects, ulong memory, ulong ports)
    {
        ec->Window.Objects = objects;
        ec->Window.Memory = memory;
        ec->Window.Ports = ports;
        ec->Window.Lasting = 0;
        if ((objects | memory | ports) != 0)
            ec->Flags |= EcFlags.Window;
        else
            ec->Flags &= ~EcFlags.Window;
    }

    /// <summary>
    /// A context dies: if it was sending, the receiver of a call waits again and the receiver of a reply gets ABORTED like any caller; if
    /// it was receiving, the sender finds its claim gone.
    /// </summary>
    public static void Abandon(ExecutionContext* dying)
    {
        ExecutionContext* receiver = (ExecutionContext*)dying->Cursor.Word2;
        if (receiver != null)
        {
            dying->Cursor.Word2 = 0;
            Chain.StopHelping(receiver);
            if (receiver->Caller == dying)
            {
                receiver->Caller = null;
                receiver->State = EcState.Waiting;
            }
        }

        ExecutionContext* sender = dying->Callee;
        if (sender != null && sender->Cursor.Word2 == (ulong)dying)
            sender->Cursor.Word2 = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Fits(ulong n, uint mtd) =>
        n <= TypedItem.MaxCount
        && (mtd & RegularMtd.WordsMinusOneMask) + 1 + (n * TypedItem.WordsPerItem) <= Words;

    /// <summary>
    /// Sends a message at once, if its items are not wanted or take no time. False if they do: then the receiver is claimed, and all is to be
    /// transferred yet.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TrySend(ExecutionContext* sender, ExecutionContext* receiver, uint mtd, uint count)
    {
        if ((receiver->Flags & EcFlags.Window) == 0)
        {
            Message.Transfer(sender, receiver, mtd);
            return true;
        }

        if (count == 0 || (count == 1 && TryTransferPage(sender, receiver)))
        {
            Message.Transfer(sender, receiver, mtd);
            Arrive(receiver, count);
            return true;
        }

        sender->Callee = null;
        receiver->Callee = sender;
        receiver->Flags |= EcFlags.Helping;
        sender->Cursor.Word0 = 0;
        sender->Cursor.Word1 = 0;
        sender->Cursor.Word2 = (ulong)receiver;
        sender->Cursor.Word3 = count;
        return false;
    }

    /// <summary>Sends the words of a message whose items have been transferred, and gives the claim up.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Finish(ExecutionContext* sender, ExecutionContext* receiver)
    {
        sender->Cursor.Word2 = 0;
        Chain.StopHelping(receiver);
        Message.Transfer(sender, receiver, (uint)receiver->Registers.Rsi);

        // Somebody may have closed the window meanwhile.
        if ((receiver->Flags & EcFlags.Window) != 0)
            Arrive(receiver, (uint)sender->Cursor.Word3);
    }

    private static void ContinueCall(ExecutionContext* ec)
    {
        ec->Continuation = ExecutionContext.ReturnFromHypercall;
        ExecutionContext* callee = (ExecutionContext*)ec->Cursor.Word2;
        if (callee == null)
        {
            ec->Registers.Rdi = (ulong)Status.ABORTED;
            return;
        }

        if (!TransferAll(ec, callee, &ContinueCall))
            return;

        Finish(ec, callee);
        ec->Callee = callee;
        Cpu.Resume(Cpu.This, callee);
    }

    private static void ContinueReply(ExecutionContext* ec)
    {
        ec->Continuation = ExecutionContext.ReturnFromHypercall;
        ExecutionContext* caller = (ExecutionContext*)ec->Cursor.Word2;
        if (caller == null)
        {
            ec->State = EcState.Waiting;
            Helping.Run(Cpu.This);
            return;
        }

        if (!TransferAll(ec, caller, &ContinueReply))
            return;

        Finish(ec, caller);
        Kernel.Reply.Disconnect(Cpu.This, ec, caller);
    }

    /// <summary>
    /// Tells the receiver, which had opened a window, how many items have come, and closes a window that was for one message.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Arrive(ExecutionContext* receiver, uint count)
    {
        receiver->Registers.Rdx = count;
        if (receiver->Window.Lasting == 0)
            receiver->Flags &= ~EcFlags.Window;
    }

    /// <summary>
    /// The straight way for a single item that is one page for an empty place: at once, with nobody claimed. False, and nothing done, if
    /// anything about it is out of the ordinary.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryTransferPage(ExecutionContext* sender, ExecutionContext* receiver)
    {
        const ulong OnePage = (ulong)ItemKind.Memory << TypedItem.KindShift;
        const uint Place = Words - TypedItem.WordsPerItem;

        // The sender's other threads can write its UTCB: each word is read once.
        ulong what = System.Threading.Volatile.Read(ref sender->Utcb[Place]);
        ulong how = System.Threading.Volatile.Read(ref sender->Utcb[Place + 1]);
        ulong window = receiver->Window.Memory;
        ulong inside = (1ul << (int)(window & ReceiveWindow.OrderMask)) - 1;
        ulong from = what >> TypedItem.BaseShift;
        ulong to = (window >> ReceiveWindow.BaseShift) + ((how >> TypedItem.HotspotShift) & inside);
        if ((what & 0xfff) != OnePage || window == ReceiveWindow.Closed || !Placement.IsWindow(window)
            || !PageDelegation.IsFor(sender->Host, receiver->Host, from, to))
        {
            return false;
        }

        uint arrived = PageDelegation.Map(sender->Host, receiver->Host, from, to, (uint)(how & TypedItem.PermissionMask));
        if (arrived == 0)
            return false;

        receiver->Utcb[Place] = (to << TypedItem.BaseShift) | OnePage | ((ulong)ItemStatus.Delivered << TypedItem.OperationShift);
        receiver->Utcb[Place + 1] = (how & ~0xffful) | arrived;
        return true;
    }

    /// <summary>Transfers what is left. False if the CPU was given up on the way: <paramref name="continuation"/> goes on.</summary>
    private static bool TransferAll(ExecutionContext* sender, ExecutionContext* receiver, delegate*<ExecutionContext*, void> continuation)
    {
        while (sender->Cursor.Word0 < sender->Cursor.Word3)
        {
            if (TransferStep(sender, receiver, (uint)sender->Cursor.Word0))
            {
                sender->Cursor.Word0++;
                sender->Cursor.Word1 = 0;
            }

            if (sender->Cursor.Word0 < sender->Cursor.Word3 && Hazards.Yield(sender, continuation))
                return false;
        }

        return true;
    }

    /// <summary>One item, or one bounded step of it. True when it is done and its status stands in the receiver's UTCB.</summary>
    private static bool TransferStep(ExecutionContext* sender, ExecutionContext* receiver, uint index)
    {
        uint place = Words - (TypedItem.WordsPerItem * (index + 1));

        // The sender's other threads can write its UTCB: each word is read once.
        ulong what = System.Threading.Volatile.Read(ref sender->Utcb[place]);
        ulong how = System.Threading.Volatile.Read(ref sender->Utcb[place + 1]);
        ItemStatus result = Transfer(sender, receiver, ref what, ref how, ref sender->Cursor.Word1, out bool finished);
        if (finished)
        {
            receiver->Utcb[place] = what | ((ulong)result << TypedItem.OperationShift);
            receiver->Utcb[place + 1] = how;
        }

        return finished;
    }

    /// <summary>
    /// Delegates or translates an item. On return <paramref name="what"/> holds base, kind and order as they arrived, with the operation
    /// field clear, and <paramref name="how"/> hotspot and permissions.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ItemStatus Transfer(
        ExecutionContext* sender, ExecutionContext* receiver, ref ulong what, ref ulong how, ref ulong done, out bool finished)
    {
        finished = true;
        ItemKind kind = (ItemKind)((what >> TypedItem.KindShift) & TypedItem.KindMask);
        ItemOperation operation = (ItemOperation)((what >> TypedItem.OperationShift) & TypedItem.OperationMask);
        uint order = (uint)(what & TypedItem.OrderMask);
        ulong first = what >> TypedItem.BaseShift;
        ulong hotspot = how >> TypedItem.HotspotShift;
        uint permissions = (uint)(how & TypedItem.PermissionMask);
        what &= TypedItem.KindMask << TypedItem.KindShift;
        how = hotspot << TypedItem.HotspotShift;
        if (kind > ItemKind.Port || operation > ItemOperation.Translate || (first & ((1ul << (int)order) - 1)) != 0)
            return ItemStatus.Malformed;

        if (operation == ItemOperation.Translate)
            return Translate(sender, receiver, kind, first, permissions, ref what, ref how);

        ulong window = kind switch
        {
            ItemKind.Object => receiver->Window.Objects,
            ItemKind.Memory => receiver->Window.Memory,
            _ => receiver->Window.Ports,
        };
        if (window == ReceiveWindow.Closed
            || !Placement.TryFit(kind, first, order, hotspot, window, out ulong from, out ulong to, out uint size))
        {
            return ItemStatus.DidNotFit;
        }

        Delegation delegation;
        if (Delegation.Begin(&delegation, SpaceOf(sender, kind), SpaceOf(receiver, kind), from, to, size, permissions, 0) != Status.SUCCESS)
            return ItemStatus.Malformed;

        delegation.Done = done;
        finished = !Delegation.Step(&delegation);
        done = delegation.Done;
        if (!finished)
            return ItemStatus.Empty;

        if (delegation.Status != Status.SUCCESS)
            return ItemStatus.NoMemory;

        CapabilityInfo info;
        CapabilityInfo.Get(SpaceOf(receiver, kind), to, &info);
        if (info.Permissions == 0)
            return ItemStatus.Empty;

        what |= (to << TypedItem.BaseShift) | size;
        how |= info.Permissions;
        return ItemStatus.Delivered;
    }

    private static ItemStatus Translate(
        ExecutionContext* sender,
        ExecutionContext* receiver,
        ItemKind kind,
        ulong first,
        uint permissions,
        ref ulong what,
        ref ulong how)
    {
        if (kind != ItemKind.Object
            || !CapabilityInfo.TryTranslate(sender->Objects, first, receiver->Objects, out ulong found, out uint held))
        {
            return ItemStatus.Empty;
        }

        what |= found << TypedItem.BaseShift;
        how |= held & permissions;
        return ItemStatus.Translated;
    }

    private static KernelObject* SpaceOf(ExecutionContext* ec, ItemKind kind) => kind switch
    {
        ItemKind.Object => (KernelObject*)ec->Objects,
        ItemKind.Memory => (KernelObject*)ec->Host,
        _ => (KernelObject*)ec->Ports,
    };
}
