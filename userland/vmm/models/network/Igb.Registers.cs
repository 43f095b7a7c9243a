// The register space of an 82576 (data sheet, chapter 8).
namespace Kilonova.Vmm.Models;

public sealed partial class Igb
{
    private const uint MdicReady = 1u << 28;
    private const uint MdicError = 1u << 30;
    private const uint MdicWrite = 1u << 26;
    private const uint MdicRead = 2u << 26;
    private const uint MdicPhy = 1;

    private const uint EerdStart = 1;
    private const uint EerdDone = 2;

    private const uint SwsmSemaphores = 3;
    private const uint FwsmModeNone = 0;

    private uint ReadRegister(int register)
    {
        register = Canonical(register);
        if (IgbInterrupts.Owns(register))
            return _interrupts.Read(register);
        if (register is >= IgbRegister.FirstStatistic and <= IgbRegister.LastStatistic)
            return _statistics.Read(register);
        if (TryQueue(register, IgbRegister.ReceiveQueues, out int queue, out int inside))
            return _receivers[queue].Read(inside);
        if (TryQueue(register, IgbRegister.TransmitQueues, out queue, out inside))
            return _transmitters[queue].Read(inside);
        switch (register)
        {
            case IgbRegister.STATUS:
                return IgbBits.STATUS_MasterEnabled | IgbBits.STATUS_PHYRA
                    | (LinkUp ? IgbBits.STATUS_LU | IgbBits.STATUS_FD | IgbBits.STATUS_Speed1000 : 0);
            case IgbRegister.EEC:
                uint request = _kept[IgbRegister.EEC / 4] & IgbBits.EEC_REQ;
                return IgbBits.EEC_PRES | IgbBits.EEC_AUTO_RD | IgbBits.EEC_Size256 | request | (request != 0 ? IgbBits.EEC_GNT : 0);
            case IgbRegister.EEMNGCTL:
                return IgbBits.EEMNGCTL_CFG_DONE;
            case IgbRegister.FWSM:
                return FwsmModeNone;
            case IgbRegister.SWSM:
                // Section 8.16.1: reading takes the semaphore; bit 0 read as zero means that it has been taken.
                uint semaphore = _kept[IgbRegister.SWSM / 4];
                _kept[IgbRegister.SWSM / 4] |= 1;
                return semaphore;
            case IgbRegister.SYSTIML:
                _kept[IgbRegister.SYSTIMH / 4] = (uint)(_timers.Clock.Now >> 32);
                return (uint)_timers.Clock.Now;
            case >= IgbRegister.RSSRK and < IgbRegister.RSSRK + ReceiveSideScaling.KeySize:
                return _scaling.GetKey((register - IgbRegister.RSSRK) / 4);
            default:
                return register < RegisterSpace ? _kept[register / 4] : 0;
        }
    }

    private void WriteRegister(int register, uint value)
    {
        register = Canonical(register);
        if (IgbInterrupts.Owns(register))
        {
            _interrupts.Write(register, value);
        }
        else if (TryQueue(register, IgbRegister.ReceiveQueues, out int queue, out int inside))
        {
            _receivers[queue].Write(inside, value);
        }
        else if (TryQueue(register, IgbRegister.TransmitQueues, out queue, out inside))
        {
            _transmitters[queue].Write(inside, value);
        }
        else
        {
            WriteOther(register, value);
        }
    }

    private void WriteOther(int register, uint value)
    {
        switch (register)
        {
            case IgbRegister.CTRL:
                WriteControl(value);
                break;
            case IgbRegister.MDIC:
                AccessPhy(value);
                break;
            case IgbRegister.EERD:
                // Done at once: the word is above, the address stays.
                _kept[register / 4] = (value & EerdStart) == 0
                    ? value
                    : (value & 0xfffc) | EerdDone | ((uint)_eeprom.Read((int)(value >> 2) & 0x3fff) << 16);
                break;
            case IgbRegister.RCTL:
                _kept[register / 4] = value;
                BuffersAdded();
                break;
            case IgbRegister.TCTL:
                _kept[register / 4] = value;
                RunTransmitters();
                break;
            case IgbRegister.SWSM:
                _kept[register / 4] = value & SwsmSemaphores;
                break;
            case >= IgbRegister.RSSRK and < IgbRegister.RSSRK + ReceiveSideScaling.KeySize:
                _scaling.SetKey((register - IgbRegister.RSSRK) / 4, value);
                break;
            case IgbRegister.STATUS or IgbRegister.EEMNGCTL or IgbRegister.FWSM:
            case >= IgbRegister.FirstStatistic and <= IgbRegister.LastStatistic:
                break;
            default:
                if (register < RegisterSpace)
                    _kept[register / 4] = value;
                break;
        }
    }

    private void WriteControl(uint value)
    {
        if ((value & IgbBits.CTRL_RST) != 0)
        {
            // Section 4.3: the MAC begins anew, the PHY keeps its link, and so does the setting of it.
            ResetRegisters(all: false);
            _kept[IgbRegister.CTRL / 4] |= value & IgbBits.CTRL_SLU;
        }
        else
        {
            _kept[IgbRegister.CTRL / 4] = value & ~(IgbBits.CTRL_RST | IgbBits.CTRL_PHY_RST);
        }

        if ((value & IgbBits.CTRL_PHY_RST) != 0)
        {
            LoseLink();
            _phy.Reset();
        }

        if (!LinkUp)
            Negotiate();
    }

    private void AccessPhy(uint value)
    {
        int register = (int)(value >> 16) & 0x1f;
        uint result = (value & 0x0fff_0000) | MdicReady;
        if (((value >> 21) & 0x1f) != MdicPhy)
        {
            result |= MdicError;
        }
        else if ((value & (3u << 26)) == MdicRead)
        {
            result |= _phy.Read(register);
        }
        else if ((value & (3u << 26)) == MdicWrite)
        {
            bool negotiates = _phy.Write(register, (ushort)value);
            result |= value & 0xffff;
            if (negotiates)
            {
                LoseLink();
                Negotiate();
            }
        }

        _kept[IgbRegister.MDIC / 4] = result;
    }

    private void ResetRegisters(bool all)
    {
        System.Array.Clear(_kept);
        _interrupts.Reset();
        _statistics.Clear();
        for (int i = 0; i < Queues; i++)
        {
            _transmitters[i].Reset();
            _receivers[i].Reset();
        }

        _kept[IgbRegister.CTRL / 4] = IgbBits.CTRL_FD;
        _kept[IgbRegister.VET / 4] = 0x8100_8100;
        _kept[IgbRegister.FCAL / 4] = 0x00c2_8001;
        _kept[IgbRegister.FCAH / 4] = 0x0100;
        _kept[IgbRegister.FCT / 4] = 0x8808;
        _kept[IgbRegister.RLPML / 4] = 0x2600;
        _kept[IgbRegister.RXPBS / 4] = 0x40;
        _kept[IgbRegister.TXPBS / 4] = 0x28;
        _kept[IgbRegister.MDIC / 4] = MdicReady;
        _kept[IgbRegister.RA / 4] = (uint)(_address[0] | (_address[1] << 8) | (_address[2] << 16) | (_address[3] << 24));
        _kept[(IgbRegister.RA / 4) + 1] = (uint)(_address[4] | (_address[5] << 8)) | IgbBits.RAH_AV;
        if (!all)
            return;
        LoseLink();
        _phy.Reset();
    }

    // The first four queues, and some others, have names from older NICs too (section 8.1.3).
    private static int Canonical(int register) => register switch
    {
        0x00c0 => IgbRegister.ICR,
        0x00c8 => IgbRegister.ICS,
        0x00d0 => IgbRegister.IMS,
        0x00d8 => IgbRegister.IMC,
        0x00e0 => IgbRegister.IAM,
        >= IgbRegister.OldReceiveQueues and < IgbRegister.OldReceiveQueues + (4 * IgbRegister.OldQueueSize) =>
            FromOld(register - IgbRegister.OldReceiveQueues, IgbRegister.ReceiveQueues),
        >= IgbRegister.OldTransmitQueues and < IgbRegister.OldTransmitQueues + (4 * IgbRegister.OldQueueSize) =>
            FromOld(register - IgbRegister.OldTransmitQueues, IgbRegister.TransmitQueues),
        _ => register,
    };

    private static int FromOld(int offset, int queues)
    {
        int inside = offset % IgbRegister.OldQueueSize;
        return inside < IgbRegister.QueueSize
            ? queues + (offset / IgbRegister.OldQueueSize * IgbRegister.QueueSize) + inside
            : RegisterSpace;
    }

    private static bool TryQueue(int register, int first, out int queue, out int inside)
    {
        queue = (register - first) / IgbRegister.QueueSize;
        inside = (register - first) % IgbRegister.QueueSize;
        return register >= first && queue < Queues;
    }
}
