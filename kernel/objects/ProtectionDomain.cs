namespace Kilonova.Kernel;

/// <summary>
/// The protection domain (specification, section 2.1): what its spaces, execution contexts and account have in common.
/// </summary>
/// <remarks>
/// Object, host and first PIO space are set once, by compare-and-exchange, and never change while the domain lives. The domain and its
/// spaces do not hold each other: a space holds its domain's account, an execution context holds domain and spaces.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct ProtectionDomain
{
    public KernelObject Head;

    /// <summary>The account that pays for what is created for this domain. Its own, or its owner's.</summary>
    public Quota* Account;

    public ObjectSpace* Objects;

    public HostSpace* Host;

    public PioSpace* Ports;

    /// <summary>Guards the list of execution contexts and <see cref="Killed"/>.</summary>
    public SpinLock Lock;

    /// <summary>1 once the domain has been killed: nothing can be created for it any more.</summary>
    public uint Killed;

    /// <summary>Time-stamp counter at which the time of its virtual CPUs began (create_ec, flag T); 0: not yet.</summary>
    public ulong GuestEpoch;

    /// <summary>The domain's execution contexts.</summary>
    public ExecutionContext* FirstContext;
}
