using Kilonova.Abi;

namespace Kilonova.Nova;

/// <summary>
/// What a call came to: the kernel's status, and the size of the reply. One register, so that success with a reply of the expected size is
/// recognised by one comparison.
/// </summary>
public readonly struct CallResult
{
    private const int ItemsShift = 16;
    private const uint ItemsMask = 0xffff;
    private const int MtdShift = 32;

    /// <summary>
    /// A call without items: the status in bits 7-0, the reply's MTD in bits 63-32, as <see cref="Syscall.IpcCall"/> returns them.
    /// </summary>
    public CallResult(ulong raw) => Raw = raw;

    /// <summary>A call with items.</summary>
    public CallResult(Status status, MessageSize reply) =>
        Raw = (uint)status | ((ulong)reply.Items << ItemsShift) | ((ulong)(reply.Words - 1) << MtdShift);

    /// <summary>Status in bits 7-0, items in bits 31-16, MTD in bits 63-32. The MTD's bits above 8 mean nothing and may be set.</summary>
    public ulong Raw { get; }

    /// <summary>What the kernel says.</summary>
    public Status Status => (Status)(byte)Raw;

    /// <summary>After success, the size of the reply.</summary>
    public MessageSize Reply => MessageSize.OfArrived((uint)(Raw >> MtdShift), (uint)(Raw >> ItemsShift) & ItemsMask);

    /// <summary><see cref="Raw"/> of a success with such a reply.</summary>
    public static ulong RawOfSuccess(MessageSize reply) => new CallResult(Status.SUCCESS, reply).Raw;
}
