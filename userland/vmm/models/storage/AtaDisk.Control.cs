// Commands of a disk that move no sectors (ATA8-ACS, chapter 7).
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

public sealed partial class AtaDisk
{
    private const byte PowerModeActive = 0xff;
    private const byte DiagnosticPassed = 1;

    private const int LogDirectory = 0x00;
    private const int LogQueuedErrors = 0x10;

    private const uint SmartSignature = 0xc24f;
    private const byte SmartReadData = 0xd0;
    private const byte SmartReadThresholds = 0xd1;
    private const byte SmartAutosave = 0xd2;
    private const byte SmartEnable = 0xd8;
    private const byte SmartDisable = 0xd9;
    private const byte SmartReturnStatus = 0xda;

    private const int TrimBlockSize = 512;
    private const int MaximumTrimBlocks = 8;
    private const int TrimRangeSize = 8;

    // Ranges of a TRIM command under way. The command is not queued, so there is one.
    private readonly byte[] _ranges = new byte[MaximumTrimBlocks * TrimBlockSize];
    private int _rangeBytes;
    private int _range;
    private bool _smart = true;

    private void Control(AhciSlot slot)
    {
        switch (slot.TaskFile.Command)
        {
            case AtaCommand.IDENTIFY_DEVICE:
                Identify(slot);
                break;
            case AtaCommand.SET_FEATURES:
                SetFeatures(slot);
                break;
            case AtaCommand.SET_MULTIPLE_MODE:
                SetMultiple(slot);
                break;
            case AtaCommand.READ_NATIVE_MAX:
                ReadNativeMaximum(slot, extended: false);
                break;
            case AtaCommand.READ_NATIVE_MAX_EXT:
                ReadNativeMaximum(slot, extended: true);
                break;
            case AtaCommand.READ_VERIFY:
            case AtaCommand.READ_VERIFY + 1:
                Verify(slot, extended: false);
                break;
            case AtaCommand.READ_VERIFY_EXT:
                Verify(slot, extended: true);
                break;
            case AtaCommand.READ_LOG_EXT:
            case AtaCommand.READ_LOG_DMA_EXT:
                ReadLog(slot);
                break;
            case AtaCommand.SMART:
                Smart(slot);
                break;
            case AtaCommand.INITIALIZE_DEVICE_PARAMETERS:
                SetGeometry(slot);
                break;
            case AtaCommand.CHECK_POWER_MODE:
                slot.TaskFile.Count = PowerModeActive;
                Succeed(slot);
                break;
            case AtaCommand.EXECUTE_DEVICE_DIAGNOSTIC:
                slot.TaskFile.Count = (byte)Signature;
                slot.TaskFile.Lba = Signature >> 8;
                slot.TaskFile.Device = 0;
                Port.Finish(slot, AtaStatus.Good, DiagnosticPassed);
                break;
            case AtaCommand.RECALIBRATE:
            case AtaCommand.SEEK:
            case AtaCommand.STANDBY_IMMEDIATE:
            case AtaCommand.IDLE_IMMEDIATE:
            case AtaCommand.STANDBY:
            case AtaCommand.IDLE:
            case AtaCommand.SLEEP:
                Succeed(slot);
                break;
            default:
                Abort(slot);
                break;
        }
    }

    // Data that the device itself has, a block of 512 bytes at a time.
    private void Reply(AhciSlot slot, ReadOnlySpan<byte> data, bool pio = true)
    {
        TransferStatus status = slot.CopyToGuest(data);
        if (status != TransferStatus.Done)
        {
            Port.Fail(status);
            return;
        }

        if (pio)
            Port.AnnouncePio(slot, IBlockDisk.SectorSize, toGuest: true, interrupt: true);
        Succeed(slot);
    }

    private void Identify(AhciSlot slot)
    {
        Span<byte> bytes = stackalloc byte[IdentifyData.Size];
        var data = new IdentifyData(bytes);
        ulong cylinders = Math.Min(_sectors / (Heads * SectorsPerTrack), MaximumCylinders);
        uint sectors28 = (uint)Math.Min(_sectors, Sectors28);
        data[0] = 0x0040;
        data[1] = (ushort)cylinders;
        data[3] = Heads;
        data[4] = SectorsPerTrack * IBlockDisk.SectorSize;
        data[5] = IBlockDisk.SectorSize;
        data[6] = SectorsPerTrack;
        data.SetText(10, 10, _identity.Serial ?? "");
        data.SetText(23, 4, _identity.Firmware ?? "");
        data.SetText(27, 20, _identity.Model ?? "");
        data[47] = 0x8000 | MaximumMultiple;
        // LBA, DMA, IORDY.
        data[49] = 0x0f00;
        data[50] = 0x4000;
        data[53] = 0x0007;
        data[54] = (ushort)cylinders;
        data[55] = (ushort)_heads;
        data[56] = (ushort)_sectorsPerTrack;
        data.Set32(57, (uint)cylinders * (uint)_heads * (uint)_sectorsPerTrack);
        data[59] = (ushort)(0x0100 | _multiple);
        data.Set32(60, sectors28);
        data[63] = (ushort)(0x0007 | SelectedMode(0x20, 0));
        data[64] = 0x0003;
        for (int i = 65; i <= 68; i++)
            data[i] = 120;
        // TRIM: deterministic reads are not promised.
        data[75] = 31;
        // Generations 1 and 2, queuing.
        data[76] = 0x0106;
        data[80] = 0x01f0;
        IdentifyFeatures(data);
        data[88] = (ushort)(0x003f | SelectedMode(0x40, 0));
        data.Set64(100, _sectors);
        data[105] = MaximumTrimBlocks;
        data[106] = 0x4000;
        if (_identity.WorldWideName != 0)
        {
            for (int i = 0; i < 4; i++)
                data[108 + i] = (ushort)(_identity.WorldWideName >> (48 - (16 * i)));
        }

        data[169] = 1;
        data[217] = 1;
        data.Seal();
        Reply(slot, bytes);
    }

    private void IdentifyFeatures(IdentifyData data)
    {
        ushort name = (ushort)(_identity.WorldWideName != 0 ? 0x0100 : 0);
        // SMART, power management, write cache, look-ahead, NOP.
        data[82] = 0x4069;
        // 48 bits, FLUSH CACHE, FLUSH CACHE EXT.
        data[83] = 0x7400;
        // Logs, WRITE DMA FUA EXT.
        data[84] = (ushort)(0x4060 | name);
        data[85] = (ushort)(0x4008 | (_smart ? 1 : 0) | (_writeCache ? 0x20 : 0) | (_lookAhead ? 0x40 : 0));
        data[86] = 0x3400;
        data[87] = (ushort)(0x4060 | name);
    }

    // The bits that say which mode of a family is selected: bit 8 for mode 0.
    private int SelectedMode(byte family, int none) => (_transferMode & 0xf8) == family ? 0x100 << (_transferMode & 7) : none;

    private void SetFeatures(AhciSlot slot)
    {
        switch ((byte)slot.TaskFile.Features)
        {
            case AtaFeature.EnableWriteCache:
                _writeCache = true;
                break;
            case AtaFeature.DisableWriteCache:
                // What the cache holds must not be lost.
                _writeCache = false;
                Port.Order(slot, BlockOperation.Flush, 0, 0);
                return;
            case AtaFeature.EnableReadLookAhead:
                _lookAhead = true;
                break;
            case AtaFeature.DisableReadLookAhead:
                _lookAhead = false;
                break;
            case AtaFeature.EnableRevertToDefaults:
            case AtaFeature.DisableRevertToDefaults:
                break;
            case AtaFeature.SetTransferMode when IsTransferMode((byte)slot.TaskFile.Count):
                _transferMode = (byte)slot.TaskFile.Count;
                break;
            default:
                Abort(slot);
                return;
        }

        Succeed(slot);
    }

    // PIO default and PIO 0 to 4, multiword DMA 0 to 2, Ultra DMA 0 to 5.
    private static bool IsTransferMode(byte mode) => mode is <= 1 or (>= 0x08 and <= 0x0c) or (>= 0x20 and <= 0x22) or (>= 0x40 and <= 0x45);

    private void SetMultiple(AhciSlot slot)
    {
        int count = (byte)slot.TaskFile.Count;
        if (count > MaximumMultiple || (count & (count - 1)) != 0)
        {
            Abort(slot);
            return;
        }

        _multiple = count;
        Succeed(slot);
    }

    private void SetGeometry(AhciSlot slot)
    {
        int sectors = (byte)slot.TaskFile.Count;
        if (sectors == 0)
        {
            Abort(slot);
            return;
        }

        _sectorsPerTrack = sectors;
        _heads = (slot.TaskFile.Device & 0xf) + 1;
        Succeed(slot);
    }

    private void ReadNativeMaximum(AhciSlot slot, bool extended)
    {
        if ((slot.TaskFile.Device & AtaTaskFile.LogicalBlock) == 0)
        {
            Abort(slot);
            return;
        }

        ulong last = _sectors - 1;
        if (!extended)
        {
            last = Math.Min(last, Sectors28);
            slot.TaskFile.Device = (byte)((slot.TaskFile.Device & 0xf0) | (int)(last >> 24));
            last &= 0xff_ffff;
        }

        slot.TaskFile.Lba = last;
        Succeed(slot);
    }

    private void Verify(AhciSlot slot, bool extended)
    {
        if (!TryGetSector(slot.TaskFile, extended, out ulong sector))
            Abort(slot);
        else if (!IsInside(sector, SectorCount(slot.TaskFile.Count, extended)))
            Refuse(slot, BlockStatus.OutOfRange);
        else
            Succeed(slot);
    }

    private void ReadLog(AhciSlot slot)
    {
        int page = (int)(slot.TaskFile.Lba >> 8) & 0xffff;
        if (slot.TaskFile.Count != 1 || page != 0)
        {
            Abort(slot);
            return;
        }

        Span<byte> log = stackalloc byte[IBlockDisk.SectorSize];
        log.Clear();
        switch ((byte)slot.TaskFile.Lba)
        {
            case LogDirectory:
                log[0] = 1;
                log[2 * LogQueuedErrors] = 1;
                break;
            case LogQueuedErrors:
                FillQueuedErrors(log);
                break;
            default:
                Abort(slot);
                return;
        }

        Reply(slot, log, slot.TaskFile.Command == AtaCommand.READ_LOG_EXT);
    }

    // Serial ATA 3.0, section 13.7.4: reading the log frees it for the next failure.
    private void FillQueuedErrors(Span<byte> log)
    {
        const byte NotQueued = 0x80;
        if (_hasFailed)
        {
            log[0] = (byte)(_failed.Count >> 3);
            _failed.Store(log, AtaStatus.Good | AtaStatus.ERR, _failedError);
        }
        else
        {
            log[0] = NotQueued;
        }

        _hasFailed = false;
        Seal(log);
    }

    private static void Seal(Span<byte> page)
    {
        byte sum = 0;
        for (int i = 0; i < page.Length - 1; i++)
            sum += page[i];
        page[page.Length - 1] = (byte)-sum;
    }

    // A disk that never fails has little to say; tools that ask are told that it is well.
    private void Smart(AhciSlot slot)
    {
        byte command = (byte)slot.TaskFile.Features;
        if (((slot.TaskFile.Lba >> 8) & 0xffff) != SmartSignature || (!_smart && command != SmartEnable))
        {
            Abort(slot);
            return;
        }

        Span<byte> page = stackalloc byte[IBlockDisk.SectorSize];
        page.Clear();
        switch (command)
        {
            case SmartEnable:
                _smart = true;
                break;
            case SmartDisable:
                _smart = false;
                break;
            case SmartAutosave:
            case SmartReturnStatus:
                break;
            case SmartReadData:
            case SmartReadThresholds:
                page[0] = 0x10;
                Seal(page);
                Reply(slot, page);
                return;
            default:
                Abort(slot);
                return;
        }

        Succeed(slot);
    }

    private void Trim(AhciSlot slot)
    {
        int blocks = slot.TaskFile.Count;
        if ((slot.TaskFile.Features & 1) == 0 || blocks is 0 or > MaximumTrimBlocks || Disk.IsReadOnly)
        {
            Abort(slot);
            return;
        }

        _rangeBytes = blocks * TrimBlockSize;
        TransferStatus status = slot.CopyFromGuest(new Span<byte>(_ranges, 0, _rangeBytes));
        if (status != TransferStatus.Done)
        {
            Port.Fail(status);
            return;
        }

        _range = 0;
        TrimNext(slot);
    }

    // 48 bits of address and 16 of count; a count of zero names nothing (section 7.9).
    private void TrimNext(AhciSlot slot)
    {
        while (_range < _rangeBytes)
        {
            ulong range = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(_ranges, _range, TrimRangeSize));
            _range += TrimRangeSize;
            ulong sector = range & 0xffff_ffff_ffff;
            var count = (uint)(range >> 48);
            if (count == 0)
                continue;
            if (IsInside(sector, count))
                Port.Order(slot, BlockOperation.Discard, sector, count);
            else
                Refuse(slot, BlockStatus.OutOfRange);
            return;
        }

        Succeed(slot);
    }
}
