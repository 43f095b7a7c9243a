// What a call came to.
using Kilonova.Abi;

namespace Kilonova.Contracts;

/// <summary>Outcome of an operation. Everything but <see cref="Ok"/> leaves <c>out</c> parameters at their defaults.</summary>
public enum ContractStatus : uint
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>The portal speaks another protocol. From the dispatcher, like the next four.</summary>
    WrongProtocol = 1,

    /// <summary>The server does not speak the client's version.</summary>
    WrongVersion = 2,

    /// <summary>The server does not know the operation.</summary>
    UnknownOperation = 3,

    /// <summary>The message is not what the operation takes: word or item count, a value out of range, a length.</summary>
    BadMessage = 4,

    /// <summary>A capability did not arrive: not the sender's to give, no window, no memory, or of foreign origin.</summary>
    CapabilityMissing = 5,

    /// <summary>The server's policy says no. From the server, like the next six.</summary>
    Denied = 16,

    /// <summary>What the call names does not exist.</summary>
    NotFound = 17,

    /// <summary>What the call wants to create exists.</summary>
    Exists = 18,

    /// <summary>Not now; trying again may help.</summary>
    Busy = 19,

    /// <summary>A bound, a quota or a pool is used up.</summary>
    Exhausted = 20,

    /// <summary>An argument makes no sense together with the others or with the state.</summary>
    InvalidArgument = 21,

    /// <summary>The server failed at its task, or broke a rule of its own contract.</summary>
    Failed = 22,

    /// <summary>An argument is longer than the operation takes; nothing was sent. From the client's side, like all that follow.</summary>
    TooLong = 64,

    /// <summary>The reply is not what the operation gives: the server is not trustworthy.</summary>
    BadReply = 65,

    /// <summary>The server was busy and the caller did not want to wait.</summary>
    TimedOut = 66,

    /// <summary>The server died, or the call was aborted: the session is broken.</summary>
    Aborted = 67,

    /// <summary>There is no portal to call, or none that may be called.</summary>
    NoSession = 68,

    /// <summary>The kernel refused the call for want of memory or for a reason that well-formed calls do not meet.</summary>
    Refused = 69,
}

/// <summary>How the kernel's answers read in this vocabulary.</summary>
public static class ContractStatuses
{
    /// <summary>
    /// The status of a call whose hypercall came to <paramref name="status"/>. Success says nothing about the server's answer.
    /// </summary>
    public static ContractStatus FromKernel(Status status) => status switch
    {
        Status.SUCCESS => ContractStatus.Ok,
        Status.TIMEOUT => ContractStatus.TimedOut,
        Status.ABORTED => ContractStatus.Aborted,
        Status.BAD_CAP => ContractStatus.NoSession,
        _ => ContractStatus.Refused,
    };
}
