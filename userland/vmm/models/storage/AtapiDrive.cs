// A CD and DVD drive behind SATA: the PACKET command (ATA8-ACS, section 7.18) and what is in the packets.
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

/// <summary>Hears when the guest moves the tray.</summary>
public interface ITrayObserver
{
    /// <summary>Called under the controller's lock: only note it.</summary>
    void TrayMoved(bool open);
}

/// <summary>
/// An ATAPI drive for discs of 2,048-byte blocks, read-only. The disc can be taken out and another put in at any time.
/// </summary>
public sealed partial class AtapiDrive : AtaDevice
{
    /// <summary>Bytes of a block of a disc.</summary>
    public const int BlockSize = 2048;

    private const uint SectorsPerBlock = BlockSize / IBlockDisk.SectorSize;
    private const int PacketSize = 12;

    // Interrupt reason (in the count register): the end of a command.
    private const byte ReasonDone = 3;

    private readonly DiskIdentity _identity;
    private readonly byte[] _reply = new byte[256];

    private bool _loaded = true;
    private bool _trayOpen;
    private bool _locked;

    // A new disc is noticed in two steps, as with real drives: first there is none, then it may have changed.
    private ScsiSense _attention;
    private bool _reportAbsent;
    private ScsiSense _sense;

    /// <summary>Makes a drive with a disc in it.</summary>
    public AtapiDrive(IBlockDisk disc, in DiskIdentity identity)
        : base(disc) => _identity = identity;

    /// <summary>Hears of the tray; may be null.</summary>
    public ITrayObserver? Observer { get; set; }

    internal override uint Signature => 0xeb14_0101;

    internal override byte ResetStatus => 0;

    private uint Blocks => (uint)Math.Min(Disk.SectorCount / SectorsPerBlock, uint.MaxValue);

    private bool HasDisc => _loaded && !_trayOpen && Blocks != 0;

    /// <summary>Takes the disc out or puts it in, by hand. Takes the controller's lock.</summary>
    public void SetDisc(bool present)
    {
        Port.Enter();
        if (present && !_loaded)
        {
            _reportAbsent = true;
            _attention = ScsiSense.MediumMayHaveChanged;
        }

        _loaded = present;
        Port.Leave();
    }

    /// <summary>Opens or closes the tray, by hand. False if the guest has locked it. Takes the controller's lock.</summary>
    public bool MoveTray(bool open)
    {
        Port.Enter();
        bool allowed = !open || !_locked;
        if (allowed)
            SetTray(open);
        Port.Leave();
        return allowed;
    }

    internal override void Reset()
    {
        _locked = false;
        _sense = ScsiSense.None;
    }

    internal override void Execute(AhciSlot slot)
    {
        switch (slot.TaskFile.Command)
        {
            case AtaCommand.PACKET:
                ExecutePacket(slot);
                break;
            case AtaCommand.IDENTIFY_PACKET_DEVICE:
                Identify(slot);
                break;
            case AtaCommand.IDENTIFY_DEVICE:
            case AtaCommand.READ_SECTORS:
                // The signature in the answer tells what the device is (section 7.16.5).
                slot.TaskFile.Count = (byte)Signature;
                slot.TaskFile.Lba = Signature >> 8;
                Abort(slot);
                break;
            case AtaCommand.DEVICE_RESET:
                Reset();
                slot.TaskFile.Count = (byte)Signature;
                slot.TaskFile.Lba = Signature >> 8;
                Port.Finish(slot, 0, 1);
                break;
            case AtaCommand.SET_FEATURES:
            case AtaCommand.STANDBY_IMMEDIATE:
            case AtaCommand.IDLE_IMMEDIATE:
            case AtaCommand.FLUSH_CACHE:
                Succeed(slot);
                break;
            case AtaCommand.CHECK_POWER_MODE:
                slot.TaskFile.Count = 0xff;
                Succeed(slot);
                break;
            default:
                Abort(slot);
                break;
        }
    }

    internal override void TransferEnded(AhciSlot slot, BlockStatus status)
    {
        if (status != BlockStatus.Success)
        {
            Refuse(slot, status == BlockStatus.OutOfRange ? ScsiSense.BlockOutOfRange : ScsiSense.MediumError);
            return;
        }

        AnnounceBlocks(slot, (int)slot.Transferred);
        Accept(slot);
    }

    private void ExecutePacket(AhciSlot slot)
    {
        Span<byte> packet = stackalloc byte[AhciMemory.PacketSize];
        if (!slot.FetchPacket(packet))
        {
            Port.Fail(TransferStatus.BadAddress);
            return;
        }

        // The packet itself goes to the drive by PIO; it interrupts nobody.
        Port.AnnouncePio(slot, PacketSize, toGuest: false, interrupt: false);
        byte command = packet[0];
        if (_attention != ScsiSense.None && !_reportAbsent && command is not (ScsiCommand.REQUEST_SENSE or ScsiCommand.INQUIRY
            or ScsiCommand.GET_CONFIGURATION or ScsiCommand.GET_EVENT_STATUS_NOTIFICATION))
        {
            ScsiSense attention = _attention;
            _attention = ScsiSense.None;
            Refuse(slot, attention);
            return;
        }

        if (command != ScsiCommand.REQUEST_SENSE)
            _sense = ScsiSense.None;
        switch (command)
        {
            case ScsiCommand.READ_10:
                Read(slot, BinaryPrimitives.ReadUInt32BigEndian(packet.Slice(2)), BinaryPrimitives.ReadUInt16BigEndian(packet.Slice(7)));
                break;
            case ScsiCommand.READ_12:
                Read(slot, BinaryPrimitives.ReadUInt32BigEndian(packet.Slice(2)), BinaryPrimitives.ReadUInt32BigEndian(packet.Slice(6)));
                break;
            case ScsiCommand.READ_CD:
                ReadCd(slot, packet);
                break;
            case ScsiCommand.START_STOP_UNIT:
                StartStop(slot, packet[4]);
                break;
            case ScsiCommand.PREVENT_ALLOW_MEDIUM_REMOVAL:
                _locked = (packet[4] & 1) != 0;
                Accept(slot);
                break;
            default:
                ExecuteInquiry(slot, packet);
                break;
        }
    }

    private void Read(AhciSlot slot, uint block, uint count)
    {
        if (!RequireDisc(slot))
            return;
        if (block > Blocks || count > Blocks - block)
            Refuse(slot, ScsiSense.BlockOutOfRange);
        else if (count == 0)
            Accept(slot);
        else if (IsPioWithoutLimit(slot))
            Abort(slot);
        else
            Port.Transfer(slot, BlockOperation.Read, block * (ulong)SectorsPerBlock, count * SectorsPerBlock, forceUnitAccess: false);
    }

    // Which parts of a raw sector are wanted: nothing, or the user data alone. The rest is not on the image.
    private void ReadCd(AhciSlot slot, ReadOnlySpan<byte> packet)
    {
        const byte Parts = 0xf8;
        const byte UserData = 0x10;
        uint count = ((uint)packet[6] << 16) | BinaryPrimitives.ReadUInt16BigEndian(packet.Slice(7));
        switch (packet[9] & Parts)
        {
            case 0:
                Read(slot, 0, 0);
                break;
            case UserData:
                Read(slot, BinaryPrimitives.ReadUInt32BigEndian(packet.Slice(2)), count);
                break;
            default:
                Refuse(slot, ScsiSense.InvalidField);
                break;
        }
    }

    private void StartStop(AhciSlot slot, byte operation)
    {
        const byte Start = 1;
        const byte LoadEject = 2;
        if ((operation & LoadEject) != 0)
        {
            bool open = (operation & Start) == 0;
            if (open && _locked)
            {
                Refuse(slot, ScsiSense.RemovalPrevented);
                return;
            }

            SetTray(open);
        }

        Accept(slot);
    }

    private void SetTray(bool open)
    {
        if (_trayOpen == open)
            return;
        _trayOpen = open;
        Observer?.TrayMoved(open);
    }

    private bool RequireDisc(AhciSlot slot)
    {
        if (HasDisc && !_reportAbsent)
            return true;
        _reportAbsent = false;
        Refuse(slot, ScsiSense.MediumNotPresent);
        return false;
    }

    private static bool IsDma(AhciSlot slot) => (slot.TaskFile.Features & 1) != 0;

    private static int ByteLimit(AhciSlot slot) => (int)(slot.TaskFile.Lba >> 8) & 0xfffe;

    // A transfer by PIO needs to be told how much a block may have.
    private static bool IsPioWithoutLimit(AhciSlot slot) => !IsDma(slot) && ByteLimit(slot) == 0;

    private void AnnounceBlocks(AhciSlot slot, int bytes)
    {
        if (IsDma(slot) || bytes == 0)
            return;
        int limit = ByteLimit(slot);
        Port.AnnouncePio(slot, ((bytes - 1) % limit) + 1, toGuest: true, interrupt: true);
    }

    // Data of the drive itself, as much of it as the guest has asked for.
    private void Reply(AhciSlot slot, ReadOnlySpan<byte> data, int allocated)
    {
        ReadOnlySpan<byte> wanted = data.Slice(0, Math.Min(data.Length, allocated));
        if (wanted.Length != 0 && IsPioWithoutLimit(slot))
        {
            Abort(slot);
            return;
        }

        TransferStatus status = slot.CopyToGuest(wanted);
        if (status != TransferStatus.Done)
        {
            Port.Fail(status);
            return;
        }

        AnnounceBlocks(slot, wanted.Length);
        Accept(slot);
    }

    private void Accept(AhciSlot slot)
    {
        slot.TaskFile.Count = ReasonDone;
        Succeed(slot);
    }

    // The sense key is in the upper half of the error register.
    private void Refuse(AhciSlot slot, ScsiSense sense)
    {
        _sense = sense;
        slot.TaskFile.Count = ReasonDone;
        Abort(slot, (byte)(((uint)sense >> 16) << 4));
    }
}
