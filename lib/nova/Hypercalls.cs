using System.Runtime.CompilerServices;
using Kilonova.Abi;

namespace Kilonova.Nova;

/// <summary>
/// How parameters are packed into the hypercall registers, NOVA interface specification of 24 January 2024, section 8.8. The typed
/// capabilities are made of these; tests use them to pass what types forbid.
/// </summary>
public static class Hypercalls
{
    /// <summary>RDI: hypercall number, flags and first selector (or descriptor).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Identifier(Hypercall number, uint flags, ulong selector) =>
        (selector << HypercallRegister.SelectorShift) | (flags << HypercallRegister.FlagsShift) | (uint)number;

    /// <summary>A base (page number or selector) in bits 63-12 and a small value (CPU, order, permissions) below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Packed(ulong @base, ulong low) => (@base << HypercallRegister.BaseShift) | low;

    /// <summary>create_pd, section 5.3.1.</summary>
    public static Status CreatePd(CreatePdOperation operation, ulong selector, ulong owner) =>
        (Status)Syscall.Invoke(Identifier(Hypercall.create_pd, (uint)operation, selector), owner);

    /// <summary>create_ec, section 5.3.2. <paramref name="utcbPage"/> is the page number where the kernel maps the UTCB.</summary>
    public static Status CreateEc(
        uint flags, ulong selector, ulong owner, ulong utcbPage, uint cpu, ulong stackPointer, ulong eventBase) =>
        (Status)Syscall.Invoke(
            Identifier(Hypercall.create_ec, flags, selector), owner, Packed(utcbPage, cpu), stackPointer, eventBase);

    /// <summary>create_sc, section 5.3.3.</summary>
    public static Status CreateSc(ulong selector, ulong owner, ulong executionContext, ulong scd) =>
        (Status)Syscall.Invoke(Identifier(Hypercall.create_sc, 0, selector), owner, executionContext, scd, 0);

    /// <summary>create_pt, section 5.3.4.</summary>
    public static Status CreatePt(ulong selector, ulong owner, ulong executionContext, ulong instructionPointer) =>
        (Status)Syscall.Invoke(Identifier(Hypercall.create_pt, 0, selector), owner, executionContext, instructionPointer, 0);

    /// <summary>create_sm, section 5.3.5.</summary>
    public static Status CreateSm(ulong selector, ulong owner, ulong count) =>
        (Status)Syscall.Invoke(Identifier(Hypercall.create_sm, 0, selector), owner, count);

    /// <summary>ctrl_pd, section 5.4.1.</summary>
    public static Status CtrlPd(
        ulong source, ulong destination, ulong sourceBase, ulong destinationBase, uint order, uint permissions, uint attributes) =>
        (Status)Syscall.Invoke(
            Identifier(Hypercall.ctrl_pd, 0, source),
            destination,
            Packed(sourceBase, order),
            Packed(destinationBase, permissions),
            attributes);

    /// <summary>ctrl_ec, section 5.4.2.</summary>
    public static Status CtrlEc(uint flags, ulong executionContext) =>
        (Status)Syscall.Invoke(Identifier(Hypercall.ctrl_ec, flags, executionContext), 0);

    /// <summary>ctrl_sc, section 5.4.3. <paramref name="consumed"/> counts ticks of the system time counter.</summary>
    public static unsafe Status CtrlSc(ulong schedulingContext, out ulong consumed)
    {
        ulong time;
        var status = (Status)Syscall.InvokeRsi(Identifier(Hypercall.ctrl_sc, 0, schedulingContext), &time);
        consumed = time;
        return status;
    }

    /// <summary>ctrl_pt, section 5.4.4.</summary>
    public static Status CtrlPt(ulong portal, ulong identifier, uint mtd) =>
        (Status)Syscall.Invoke(Identifier(Hypercall.ctrl_pt, 0, portal), identifier, mtd);

    /// <summary>ctrl_sm, section 5.4.5. <paramref name="deadline"/> is a value of the system time counter, 0 for none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Status CtrlSm(uint flags, ulong semaphore, ulong deadline) =>
        (Status)Syscall.Invoke(Identifier(Hypercall.ctrl_sm, flags, semaphore), deadline);

    /// <summary>ctrl_hw, section 5.5.1.</summary>
    public static Status CtrlHw(uint operation, ulong descriptor) =>
        (Status)Syscall.Invoke(Identifier(Hypercall.ctrl_hw, operation, descriptor), 0);

    /// <summary>assign_int, section 5.5.2.</summary>
    public static unsafe Status AssignInt(
        uint flags, ulong semaphore, ulong cpu, ulong device, out ulong messageAddress, out ulong messageData)
    {
        var results = stackalloc ulong[2];
        var status = (Status)Syscall.InvokeRsiRdx(Identifier(Hypercall.assign_int, flags, semaphore), cpu, device, results);
        messageAddress = results[0];
        messageData = results[1];
        return status;
    }

    /// <summary>assign_dev, section 5.5.3. <paramref name="unitPage"/> is the page number of the IOMMU's registers.</summary>
    public static Status AssignDev(ulong dmaSpace, ulong unitPage, ulong device) =>
        (Status)Syscall.Invoke(Identifier(Hypercall.assign_dev, 0, dmaSpace), Packed(unitPage, 0), device);

    /// <summary>ipc_call, section 5.2.1, without items. <paramref name="mtd"/> goes out and comes back with the reply.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Status IpcCall(uint flags, ulong portal, ref uint mtd)
    {
        var result = Syscall.IpcCall(Identifier(Hypercall.ipc_call, flags, portal), mtd);
        mtd = (uint)(result >> 32);
        return (Status)(byte)result;
    }
}
