// A hard disk behind SATA (ATA8-ACS, T13/1699-D; native command queuing: Serial ATA 3.0, section 13.6).
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

/// <summary>Names that a disk tells of itself.</summary>
public readonly struct DiskIdentity
{
    /// <summary>Model, at most 40 ASCII characters.</summary>
    public string Model { get; init; }

    /// <summary>Serial number, at most 20 ASCII characters.</summary>
    public string Serial { get; init; }

    /// <summary>Firmware revision, at most 8 ASCII characters.</summary>
    public string Firmware { get; init; }

    /// <summary>World wide name; 0 for none.</summary>
    public ulong WorldWideName { get; init; }
}

/// <summary>An ATA disk of 512-byte sectors with 48-bit addresses, queuing, write cache and TRIM.</summary>
public sealed partial class AtaDisk : AtaDevice
{
    private const int MaximumMultiple = 16;
    private const uint MaximumSectors28 = 256;
    private const uint MaximumSectors48 = 65536;
    private const ulong Sectors28 = 0x0fff_ffff;

    private const int Heads = 16;
    private const int SectorsPerTrack = 63;
    private const int MaximumCylinders = 16383;

    private readonly DiskIdentity _identity;
    private readonly ulong _sectors;
    private int _multiple;
    private byte _transferMode;
    private bool _writeCache;
    private bool _lookAhead;
    private int _heads;
    private int _sectorsPerTrack;

    // The queued command that failed last, for READ LOG EXT: bit 31 says that there is one.
    private AtaTaskFile _failed;
    private byte _failedError;
    private bool _hasFailed;

    /// <summary>Makes a disk.</summary>
    public AtaDisk(IBlockDisk disk, in DiskIdentity identity)
        : base(disk)
    {
        _identity = identity;
        _sectors = Math.Min(disk.SectorCount, 1ul << 48);
        Reset();
    }

    /// <summary>
    /// Whether commands with 28-bit addresses, too, take all 16 bits of a frame's count, of which the upper 8 are reserved there. Device tests of
    /// QEMU's want it.
    /// </summary>
    public bool TakesWideCounts { get; init; }

    internal override uint Signature => 0x0000_0101;

    internal override byte ResetStatus => AtaStatus.Good;

    internal override bool IsQueuedCommand(byte command) =>
        command is AtaCommand.READ_FPDMA_QUEUED or AtaCommand.WRITE_FPDMA_QUEUED;

    internal override void Reset()
    {
        _multiple = MaximumMultiple;
        _transferMode = 0x45;
        _writeCache = true;
        _lookAhead = true;
        _heads = Heads;
        _sectorsPerTrack = SectorsPerTrack;
        _hasFailed = false;
    }

    internal override void Execute(AhciSlot slot)
    {
        switch (slot.TaskFile.Command)
        {
            case AtaCommand.READ_SECTORS:
            case AtaCommand.READ_SECTORS + 1:
            case AtaCommand.READ_MULTIPLE:
            case AtaCommand.READ_DMA:
            case AtaCommand.READ_DMA + 1:
                Move(slot, BlockOperation.Read, extended: false);
                break;
            case AtaCommand.READ_SECTORS_EXT:
            case AtaCommand.READ_MULTIPLE_EXT:
            case AtaCommand.READ_DMA_EXT:
                Move(slot, BlockOperation.Read, extended: true);
                break;
            case AtaCommand.WRITE_SECTORS:
            case AtaCommand.WRITE_SECTORS + 1:
            case AtaCommand.WRITE_MULTIPLE:
            case AtaCommand.WRITE_DMA:
            case AtaCommand.WRITE_DMA + 1:
                Move(slot, BlockOperation.Write, extended: false);
                break;
            case AtaCommand.WRITE_SECTORS_EXT:
            case AtaCommand.WRITE_MULTIPLE_EXT:
            case AtaCommand.WRITE_DMA_EXT:
                Move(slot, BlockOperation.Write, extended: true);
                break;
            case AtaCommand.WRITE_DMA_FUA_EXT:
            case AtaCommand.WRITE_MULTIPLE_FUA_EXT:
                Move(slot, BlockOperation.Write, extended: true, forceUnitAccess: true);
                break;
            case AtaCommand.READ_FPDMA_QUEUED:
                MoveQueued(slot, BlockOperation.Read);
                break;
            case AtaCommand.WRITE_FPDMA_QUEUED:
                MoveQueued(slot, BlockOperation.Write);
                break;
            case AtaCommand.FLUSH_CACHE:
            case AtaCommand.FLUSH_CACHE_EXT:
                Port.Order(slot, BlockOperation.Flush, 0, 0);
                break;
            case AtaCommand.DATA_SET_MANAGEMENT:
                Trim(slot);
                break;
            default:
                Control(slot);
                break;
        }
    }

    internal override void TransferEnded(AhciSlot slot, BlockStatus status)
    {
        if (status == BlockStatus.Success && slot.Request.Operation == BlockOperation.Discard)
        {
            TrimNext(slot);
            return;
        }

        // A write without the cache is durable only after a flush.
        if (status == BlockStatus.Success && slot.Request.Operation == BlockOperation.Write && !_writeCache && !slot.Request.ForceUnitAccess)
        {
            Port.Order(slot, BlockOperation.Flush, 0, 0);
            return;
        }

        if (IsPio(slot.TaskFile.Command) && status == BlockStatus.Success)
            AnnounceSectors(slot);
        if (status == BlockStatus.Success)
            Succeed(slot);
        else
            Refuse(slot, status);
    }

    private static bool IsPio(byte command) => command is AtaCommand.READ_SECTORS or (AtaCommand.READ_SECTORS + 1)
        or AtaCommand.READ_SECTORS_EXT or AtaCommand.READ_MULTIPLE or AtaCommand.READ_MULTIPLE_EXT or AtaCommand.WRITE_SECTORS
        or (AtaCommand.WRITE_SECTORS + 1) or AtaCommand.WRITE_SECTORS_EXT or AtaCommand.WRITE_MULTIPLE
        or AtaCommand.WRITE_MULTIPLE_EXT or AtaCommand.WRITE_MULTIPLE_FUA_EXT;

    private static bool IsMultiple(byte command) => command is AtaCommand.READ_MULTIPLE or AtaCommand.READ_MULTIPLE_EXT
        or AtaCommand.WRITE_MULTIPLE or AtaCommand.WRITE_MULTIPLE_EXT or AtaCommand.WRITE_MULTIPLE_FUA_EXT;

    // The frame of the last block; a command of one block to the disk has none that interrupts.
    private void AnnounceSectors(AhciSlot slot)
    {
        uint sectors = slot.Transferred / IBlockDisk.SectorSize;
        uint block = IsMultiple(slot.TaskFile.Command) ? (uint)_multiple : 1;
        uint last = ((sectors - 1) % block) + 1;
        bool toGuest = (slot.Header & AhciMemory.HeaderWrite) == 0;
        Port.AnnouncePio(slot, (int)last * IBlockDisk.SectorSize, toGuest, toGuest || sectors > block);
    }

    private void Move(AhciSlot slot, BlockOperation operation, bool extended, bool forceUnitAccess = false)
    {
        if ((IsMultiple(slot.TaskFile.Command) && _multiple == 0) || !TryGetSector(slot.TaskFile, extended, out ulong sector))
        {
            Abort(slot);
            return;
        }

        Move(slot, operation, sector, SectorCount(slot.TaskFile.Count, extended), forceUnitAccess);
    }

    private void MoveQueued(AhciSlot slot, BlockOperation operation)
    {
        bool forceUnitAccess = (slot.TaskFile.Device & AtaTaskFile.ForceUnitAccess) != 0;
        Move(slot, operation, slot.TaskFile.Lba, SectorCount(slot.TaskFile.Features, true), forceUnitAccess);
    }

    private void Move(AhciSlot slot, BlockOperation operation, ulong sector, uint count, bool forceUnitAccess)
    {
        if (!IsInside(sector, count))
            Refuse(slot, BlockStatus.OutOfRange);
        else if (operation == BlockOperation.Write && Disk.IsReadOnly)
            Refuse(slot, BlockStatus.WriteProtected);
        else
            Port.Transfer(slot, operation, sector, count, forceUnitAccess);
    }

    private void Refuse(AhciSlot slot, BlockStatus status)
    {
        byte error = status switch
        {
            BlockStatus.OutOfRange => AtaError.IDNF,
            BlockStatus.MediumError => AtaError.UNC,
            _ => AtaError.ABRT,
        };
        if (slot.IsQueued)
        {
            _failed = slot.TaskFile;
            _failedError = error;
            _hasFailed = true;
        }

        Abort(slot, error);
    }

    private bool IsInside(ulong sector, uint count) => sector < _sectors && count <= _sectors - sector;

    private uint SectorCount(ushort register, bool extended)
    {
        if (extended)
            return register == 0 ? MaximumSectors48 : register;

        ushort count = TakesWideCounts ? register : (byte)register;
        return count == 0 ? MaximumSectors28 : count;
    }

    // The three ways to address a sector: 48 bits, 28 bits, and cylinder, head and sector (ATA/ATAPI-5, section 6.2).
    private bool TryGetSector(in AtaTaskFile task, bool extended, out ulong sector)
    {
        sector = task.Lba;
        if ((task.Device & AtaTaskFile.LogicalBlock) != 0)
        {
            if (!extended)
                sector = (task.Lba & 0xff_ffff) | ((ulong)(task.Device & 0xf) << 24);
            return true;
        }

        uint number = (byte)task.Lba;
        uint cylinder = (uint)(task.Lba >> 8) & 0xffff;
        uint head = task.Device & 0xfu;
        sector = (((cylinder * (ulong)_heads) + head) * (ulong)_sectorsPerTrack) + number - 1;
        return !extended && number != 0 && number <= _sectorsPerTrack && head < _heads;
    }
}
