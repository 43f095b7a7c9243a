using System;
using Kilonova.Abi;

namespace Kilonova.Runtime;

/// <summary>Names for people.</summary>
public static class StatusText
{
    /// <summary>The specification's name of a status.</summary>
    public static ReadOnlySpan<byte> Name(Status status) => status switch
    {
        Status.SUCCESS => "SUCCESS"u8,
        Status.TIMEOUT => "TIMEOUT"u8,
        Status.ABORTED => "ABORTED"u8,
        Status.OVRFLOW => "OVRFLOW"u8,
        Status.BAD_HYP => "BAD_HYP"u8,
        Status.BAD_CAP => "BAD_CAP"u8,
        Status.BAD_PAR => "BAD_PAR"u8,
        Status.BAD_FTR => "BAD_FTR"u8,
        Status.BAD_CPU => "BAD_CPU"u8,
        Status.BAD_DEV => "BAD_DEV"u8,
        Status.MEM_OBJ => "MEM_OBJ"u8,
        Status.MEM_CAP => "MEM_CAP"u8,
        _ => "unknown status"u8,
    };

    /// <summary>The name of a host exception.</summary>
    public static ReadOnlySpan<byte> Exception(ulong number) => number switch
    {
        HostEvent.DE => "#DE divide error"u8,
        HostEvent.DB => "#DB debug"u8,
        HostEvent.BP => "#BP breakpoint"u8,
        HostEvent.OF => "#OF overflow"u8,
        HostEvent.BR => "#BR bound range"u8,
        HostEvent.UD => "#UD invalid opcode"u8,
        HostEvent.NM => "#NM no FPU"u8,
        HostEvent.DF => "#DF double fault"u8,
        HostEvent.TS => "#TS invalid TSS"u8,
        HostEvent.NP => "#NP segment not present"u8,
        HostEvent.SS => "#SS stack fault"u8,
        HostEvent.GP => "#GP general protection"u8,
        HostEvent.PF => "#PF page fault"u8,
        HostEvent.MF => "#MF floating point"u8,
        HostEvent.AC => "#AC alignment"u8,
        HostEvent.MC => "#MC machine check"u8,
        HostEvent.XM => "#XM SIMD floating point"u8,
        HostEvent.VE => "#VE virtualization"u8,
        HostEvent.CP => "#CP control protection"u8,
        _ => "event"u8,
    };
}
