namespace Kilonova.Kernel;

/// <summary>A portal (specification, section 2.4): an entry point into the execution context to which it is bound for ever.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Portal
{
    public KernelObject Head;

    /// <summary>The local thread that handles messages. The portal holds a reference.</summary>
    public ExecutionContext* Context;

    /// <summary>Where the thread continues; canonical and in user space.</summary>
    public ulong Ip;

    /// <summary>What the thread gets to see as the caller's identity (ctrl_pt).</summary>
    public ulong Id;

    /// <summary>Which architectural state an event carries (ctrl_pt).</summary>
    public uint Mtd;
}
