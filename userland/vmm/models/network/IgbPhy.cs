// The internal PHY of an 82576 behind MDIC (IEEE 802.3, clause 22; data sheet, section 8.27).
namespace Kilonova.Vmm.Models;

/// <summary>Registers of a gigabit PHY whose partner is always willing. Guarded by the NIC's lock.</summary>
internal sealed class IgbPhy
{
    private const int Registers = 32;

    private const int Control = 0;
    private const int Status = 1;
    private const int Identifier1 = 2;
    private const int Identifier2 = 3;
    private const int Advertisement = 4;
    private const int PartnerAbility = 5;
    private const int Expansion = 6;
    private const int GigabitControl = 9;
    private const int GigabitStatus = 10;
    private const int ExtendedStatus = 15;
    private const int PortStatus = 17;
    private const int Page = 31;

    private const ushort ControlReset = 1 << 15;
    private const ushort ControlNegotiate = 1 << 12;
    private const ushort ControlPowerDown = 1 << 11;
    private const ushort ControlRestart = 1 << 9;
    private const ushort ControlDefault = ControlNegotiate | (1 << 8) | (1 << 6);

    private const ushort StatusAbilities = 0x7949;
    private const ushort StatusNegotiated = 1 << 5;
    private const ushort StatusLink = 1 << 2;

    private const ushort Speed1000 = 2 << 14;
    private const ushort FullDuplex = 1 << 9;
    private const ushort PortLink = 1 << 10;

    // Registers below are the same on all pages. Drivers choose a page by a register's whole number on it: its page is above these bits.
    private const int FirstPaged = 16;
    private const int PageMask = ~0x1f;

    private readonly ushort[] _registers = new ushort[Registers];

    /// <summary>The link works: negotiated and not switched off.</summary>
    public bool LinkUp { get; set; }

    /// <summary>Whether the PHY is switched on.</summary>
    public bool IsPowered => (_registers[Control] & ControlPowerDown) == 0;

    /// <summary>The state after reset, without a link.</summary>
    public void Reset()
    {
        for (int i = 0; i < Registers; i++)
            _registers[i] = 0;
        _registers[Control] = ControlDefault;
        _registers[Identifier1] = 0x02a8;
        _registers[Identifier2] = 0x0391;
        _registers[Advertisement] = 0x0de1;
        _registers[GigabitControl] = 0x0300;
        _registers[ExtendedStatus] = 0x3000;
        LinkUp = false;
    }

    /// <summary>Reads a register of the page selected.</summary>
    public ushort Read(int register)
    {
        if (!IsThere(register))
            return 0;
        return register switch
        {
            Status => (ushort)(StatusAbilities | (LinkUp ? StatusNegotiated | StatusLink : 0)),
            PartnerAbility => LinkUp ? (ushort)0x4de1 : (ushort)0,
            Expansion => LinkUp ? (ushort)0x000f : (ushort)0x0004,
            // Receivers good, partner has 1000BASE-T in both duplexes.
            GigabitStatus => LinkUp ? (ushort)0x3c00 : (ushort)0,
            PortStatus => LinkUp ? (ushort)(Speed1000 | FullDuplex | PortLink) : (ushort)0,
            _ => _registers[register],
        };
    }

    /// <summary>Writes a register.</summary>
    /// <returns>Negotiation begins anew.</returns>
    public bool Write(int register, ushort value)
    {
        if (register == Control && (value & ControlReset) != 0)
        {
            Reset();
            return true;
        }

        if (register is Status or Identifier1 or Identifier2 or PartnerAbility or Expansion or GigabitStatus or ExtendedStatus or PortStatus
            || !IsThere(register))
        {
            return false;
        }

        bool wasPowered = IsPowered;
        _registers[register] = register == Control ? (ushort)(value & ~(ControlReset | ControlRestart)) : value;
        if (!IsPowered)
            LinkUp = false;
        return register == Control && IsPowered && (!wasPowered || (value & ControlRestart) != 0);
    }

    // Of the paged registers only those of page 0 are.
    private bool IsThere(int register) => register is < FirstPaged or Page || (_registers[Page] & PageMask) == 0;
}
