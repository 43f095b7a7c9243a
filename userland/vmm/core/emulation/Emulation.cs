// What goes into the emulator from an exit and what comes out.
namespace Kilonova.Vmm.Emulation;

/// <summary>How the emulation of one instruction ended.</summary>
public enum EmulationStatus : byte
{
    /// <summary>Executed; registers are those after the instruction.</summary>
    Done,

    /// <summary>A repeated string instruction did part of its work; registers are those of an interrupted guest. Run the guest.</summary>
    Partial,

    /// <summary>The instruction faults: inject <see cref="Emulator.FaultVector"/>. Registers are as the processor leaves them.</summary>
    Fault,

    /// <summary>The bytes are not those that caused the exit any more. Nothing was done; run the guest.</summary>
    Retry,

    /// <summary>The emulator does not know the instruction. Nothing was done.</summary>
    Unsupported,

    /// <summary>The guest's page tables lie outside its memory. Nothing was done.</summary>
    NoMemory,
}

/// <summary>
/// What the processor said about the access that caused the exit. Default: nothing is known, every instruction is executed.
/// </summary>
public struct AccessHint
{
    /// <summary>Whether the fields below hold an access to check against.</summary>
    public bool HasAccess;

    /// <summary>The guest-physical address that trapped.</summary>
    public ulong Address;

    /// <summary>The address is exact; otherwise it only names the page.</summary>
    public bool IsExact;

    /// <summary>It was a write.</summary>
    public bool IsWrite;

    /// <summary>Whether the exit was for a port access; then the three fields below say which.</summary>
    public bool HasPort;

    /// <summary>The port.</summary>
    public ushort Port;

    /// <summary>Bytes per element.</summary>
    public int PortSize;

    /// <summary>IN or INS; otherwise OUT or OUTS.</summary>
    public bool IsIn;

    /// <summary>The instruction's length where the processor tells, else 0.</summary>
    public int InstructionLength;

    /// <summary>An access by a virtual CPU's nested page fault.</summary>
    public static AccessHint Memory(ulong address, bool isWrite, bool isExact = true) =>
        new AccessHint { HasAccess = true, Address = address, IsWrite = isWrite, IsExact = isExact };

    /// <summary>A port access.</summary>
    public static AccessHint PortAccess(ushort port, int size, bool isIn) =>
        new AccessHint { HasPort = true, Port = port, PortSize = size, IsIn = isIn };
}
