using Kilonova.Contracts;

namespace Kilonova.Management;

/// <summary>What can be asked for. docs/management.md lists arguments and results.</summary>
public enum ManagementOperation : uint
{
    /// <summary>Who is there: version, ticks per second, ticks now.</summary>
    Hello = 0,

    /// <summary>A component by its number.</summary>
    Describe = 1,

    /// <summary>Starts a component.</summary>
    Start = 2,

    /// <summary>Ends a component for good.</summary>
    Stop = 3,

    /// <summary>Ends a component as if it had failed.</summary>
    Kill = 4,

    /// <summary>A piece of the report of a component's last crash.</summary>
    ReadCrash = 5,

    /// <summary>A line of a component's log.</summary>
    ReadLog = 6,

    /// <summary>Memory that nobody has.</summary>
    ReadFree = 7,

    /// <summary>A view of the console by its number.</summary>
    DescribeView = 8,

    /// <summary>Text of a view.</summary>
    ReadView = 9,

    /// <summary>Types into a view.</summary>
    Type = 10,

    /// <summary>A counter of a component's by its number.</summary>
    ReadCounter = 11,

    /// <summary>A guest by its number.</summary>
    DescribeGuest = 12,

    /// <summary>Has something done with a guest.</summary>
    Order = 13,

    /// <summary>Says what a guest is from its next start on.</summary>
    Define = 14,
}

/// <summary>Numbers that both ends agree on.</summary>
public static class ManagementProtocol
{
    /// <summary>Raised by every change.</summary>
    public const uint Version = 4;

    /// <summary>Longest request, in bytes.</summary>
    public const int MaxRequest = 512;

    /// <summary>Longest reply, in bytes.</summary>
    public const int MaxReply = 2304;

    /// <summary>Longest name, in bytes.</summary>
    public const int MaxName = 32;

    /// <summary>Longest text of one reply, in bytes.</summary>
    public const int MaxText = 2048;

    /// <summary>Most keys of one request, in bytes.</summary>
    public const int MaxKeys = 256;

    /// <summary>Longest definition of a guest, in bytes.</summary>
    public const int MaxDefinition = 384;

    /// <summary>Elements of a request: sequence number, operation, arguments.</summary>
    public const uint RequestFields = 3;

    /// <summary>Elements of a reply: sequence number, status, results.</summary>
    public const uint ReplyFields = 3;
}

/// <summary>How a component is.</summary>
/// <param name="State">What it does.</param>
/// <param name="Life">How often it was started.</param>
/// <param name="Crashes">How often it crashed.</param>
/// <param name="Memory">Pages of memory in use.</param>
/// <param name="MemoryQuota">Pages of memory that it may have.</param>
/// <param name="KernelMemory">Pages of kernel memory in use.</param>
/// <param name="KernelMemoryQuota">Pages of kernel memory that it may have.</param>
/// <param name="Time">Ticks that its threads have used in this life.</param>
/// <param name="Calls">Calls that it made in this life.</param>
/// <param name="Answers">Calls that it answered.</param>
/// <param name="Records">Records and packets that it published in rings.</param>
public readonly record struct ComponentDescription(
    ComponentState State, ulong Life, ulong Crashes, uint Memory, uint MemoryQuota, uint KernelMemory, uint KernelMemoryQuota, ulong Time,
    ulong Calls, ulong Answers, ulong Records);

/// <summary>How a view of the console is.</summary>
/// <param name="View">Its number, never used again; 0 is the log of all components.</param>
/// <param name="Written">Bytes ever written to it.</param>
/// <param name="HasFocus">Whether keys are typed for it.</param>
public readonly record struct ViewDescription(ulong View, ulong Written, bool HasFocus);

/// <summary>How a guest is.</summary>
/// <param name="Condition">What it does.</param>
/// <param name="Cpus">Virtual CPUs.</param>
/// <param name="Memory">Memory, in MiB.</param>
public readonly record struct GuestDescription(GuestCondition Condition, uint Cpus, uint Memory);
