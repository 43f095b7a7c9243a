namespace Kilonova.Kernel;

/// <summary>What one CPU asks of another about an object of that CPU. Bits of <see cref="RemoteRequest.Pending"/>.</summary>
public static class RemoteAction
{
    /// <summary>Execution context: it has been unlinked from what it waited for; let it run.</summary>
    public const uint Wake = 1 << 0;

    /// <summary>Execution context: deliver a recall event before its next return to user mode.</summary>
    public const uint Recall = 1 << 1;

    /// <summary>Execution context: its domain has been killed.</summary>
    public const uint Die = 1 << 2;

    /// <summary>Execution context: its last reference is gone; unlink it from callers and callees and free it.</summary>
    public const uint Destroy = 1 << 3;

    /// <summary>Scheduling context: it has been created; start it.</summary>
    public const uint Start = 1 << 4;

    /// <summary>Scheduling context: its last reference is gone; take it out of whatever queue it is in and free it.</summary>
    public const uint Stop = 1 << 5;

    /// <summary>What is asked when the last reference has gone a grace period ago: nothing else is pending or can come, and there is no
    /// object left to refer to when it has been done.</summary>
    public const uint Last = Destroy | Stop;
}

/// <summary>
/// A place in another CPU's queue, embedded in the object that the request is about. While a bit is pending the request owns a
/// reference to its object, except for <see cref="RemoteAction.Last"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct RemoteRequest
{
    public RemoteRequest* Next;

    /// <summary>The object.</summary>
    public KernelObject* Target;

    /// <summary><see cref="RemoteAction"/> bits. Any CPU sets bits; the target's CPU clears all at once.</summary>
    public uint Pending;
}
