namespace Kilonova.Kernel;

/// <summary>
/// Where an execution context lets messages put capabilities: a window each into its object, host and PIO space, for the next message
/// and lastingly (docs/abi.md). 0 is a closed window.
/// </summary>
public struct Windows
{
    /// <summary>For the next message, by ipc_call or ipc_reply.</summary>
    public ulong Objects;
    public ulong Memory;
    public ulong Ports;

    /// <summary>Bit 0: the windows above hold until changed, not for one message.</summary>
    public uint Lasting;
}

/// <summary>
/// Progress of a restartable operation. The object, if any, is held by a reference until the operation ends (Operation).
/// </summary>
public unsafe struct OperationCursor
{
    public KernelObject* Object;
    public ulong Word0;
    public ulong Word1;
    public ulong Word2;
    public ulong Word3;
}
