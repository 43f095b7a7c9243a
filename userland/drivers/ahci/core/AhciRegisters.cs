// Registers of a Serial ATA host controller. Serial ATA AHCI 1.3.1 Specification, section 3.
namespace Kilonova.Ahci;

/// <summary>Generic host control. AHCI 1.3.1, section 3.1.</summary>
internal static class Hba
{
    internal const int Cap = 0x00;
    internal const int Ghc = 0x04;
    internal const int Is = 0x08;
    internal const int Pi = 0x0c;
    internal const int Cap2 = 0x24;
    internal const int Bohc = 0x28;

    internal const uint CapS64A = 1u << 31;
    internal const uint CapSncq = 1u << 30;
    internal const uint CapSss = 1u << 27;
    internal const int CapNcsShift = 8;
    internal const uint CapNcsMask = 0x1f;

    internal const uint GhcHr = 1u << 0;
    internal const uint GhcIe = 1u << 1;
    internal const uint GhcAe = 1u << 31;

    internal const uint Cap2Boh = 1u << 0;
    internal const uint BohcBos = 1u << 0;
    internal const uint BohcOos = 1u << 1;
    internal const uint BohcBb = 1u << 4;
}

/// <summary>Registers of a port, from its first one on. AHCI 1.3.1, section 3.3.</summary>
internal static class PortRegister
{
    internal const int First = 0x100;
    internal const int Size = 0x80;
    internal const int MaxPorts = 32;

    internal const int Clb = 0x00;
    internal const int Clbu = 0x04;
    internal const int Fb = 0x08;
    internal const int Fbu = 0x0c;
    internal const int Is = 0x10;
    internal const int Ie = 0x14;
    internal const int Cmd = 0x18;
    internal const int Tfd = 0x20;
    internal const int Sig = 0x24;
    internal const int Ssts = 0x28;
    internal const int Sctl = 0x2c;
    internal const int Serr = 0x30;
    internal const int Sact = 0x34;
    internal const int Ci = 0x38;
}

/// <summary>Bits of port registers.</summary>
internal static class PortBit
{
    internal const uint IsPcs = 1u << 6;
    internal const uint IsPrcs = 1u << 22;
    internal const uint IsOfs = 1u << 24;
    internal const uint IsInfs = 1u << 26;
    internal const uint IsIfs = 1u << 27;
    internal const uint IsHbds = 1u << 28;
    internal const uint IsHbfs = 1u << 29;
    internal const uint IsTfes = 1u << 30;
    internal const uint IsDone = 0x2f;

    /// <summary>The port cannot go on without a reset.</summary>
    internal const uint IsFatal = IsIfs | IsHbds | IsHbfs | IsOfs;

    internal const uint IeAll = IsDone | IsPcs | IsPrcs | IsOfs | IsInfs | IsIfs | IsHbds | IsHbfs | IsTfes;

    internal const uint CmdSt = 1u << 0;
    internal const uint CmdSud = 1u << 1;
    internal const uint CmdPod = 1u << 2;
    internal const uint CmdFre = 1u << 4;
    internal const uint CmdFr = 1u << 14;
    internal const uint CmdCr = 1u << 15;
    internal const uint CmdAtapi = 1u << 24;
    internal const uint CmdIccActive = 1u << 28;
    internal const uint CmdIccMask = 0xfu << 28;

    internal const uint TfdErr = 1u << 0;
    internal const uint TfdDrq = 1u << 3;
    internal const uint TfdBsy = 1u << 7;

    internal const uint SstsDetMask = 0xf;
    internal const uint SstsDetPresent = 1;
    internal const uint SstsDetReady = 3;
    internal const uint SctlDetReset = 1;
    internal const uint SctlNoPower = 3u << 8;

    internal const uint SigAtapi = 0xeb14_0101;
    internal const uint SigNone = uint.MaxValue;
}
