// How a port gets commands from guest memory to its device and their ends back (Serial ATA AHCI 1.3.1, sections 5.3 to 5.6 and 6).
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

internal sealed partial class AhciPort
{
    // The command that the device executes, and that keeps it busy; None while it takes commands. Queued ones let go of it at once.
    private int _current = None;

    // Where the search for the next command begins.
    private int _next;

    // Slots whose request found no room at the disk.
    private uint _waiting;

    // Software reset is on: the last control frame had SRST.
    private bool _softReset;

    /// <summary>
    /// Ends a command. With an error the port stops fetching, and PxCI or PxSACT go on naming the command (section 6.2.2).
    /// </summary>
    public void Finish(AhciSlot slot, byte status, byte error)
    {
        bool failed = (status & AtaStatus.ERR) != 0;
        if (slot.IsQueued)
        {
            FinishQueued(slot, status, error, failed);
            return;
        }

        slot.StoreTransferred(_commandList);
        if (failed)
            Halt(AhciPortRegister.IS_TFES);
        else
            Release(slot);
        SendRegisters(slot.TaskFile, status, error, interrupt: true);
    }

    /// <summary>Tells the guest of data that moves by PIO: what a register interface would see of the last block.</summary>
    /// <param name="slot">The command.</param>
    /// <param name="count">Bytes of the last block.</param>
    /// <param name="toGuest">Direction.</param>
    /// <param name="interrupt">Whether a block of the command interrupts: not the first one that goes to the device.</param>
    public void AnnouncePio(AhciSlot slot, int count, bool toGuest, bool interrupt)
    {
        Span<byte> fis = stackalloc byte[Fis.PioSetupSize];
        fis.Clear();
        fis[0] = Fis.PioSetup;
        fis[1] = (byte)((toGuest ? Fis.DeviceToHostDirection : 0) | (interrupt ? Fis.Interrupt : 0));
        slot.TaskFile.Store(fis, AtaStatus.Good | AtaStatus.DRQ, 0);
        fis[15] = AtaStatus.Good;
        BinaryPrimitives.WriteUInt16LittleEndian(fis.Slice(16), (ushort)count);
        Receive(AhciMemory.PioSetupOffset, fis);
        if (interrupt)
            Raise(AhciPortRegister.IS_PSS);
    }

    /// <summary>Moves sectors between disk and guest memory; <see cref="AtaDevice.TransferEnded"/> follows.</summary>
    public void Transfer(AhciSlot slot, BlockOperation operation, ulong sector, uint count, bool forceUnitAccess)
    {
        slot.Request.Operation = operation;
        slot.Request.ForceUnitAccess = forceUnitAccess;
        slot.NextSector = sector;
        slot.SectorsLeft = count;
        SubmitPart(slot);
    }

    /// <summary>Sends the disk a request without data: a flush, or sectors to discard.</summary>
    public void Order(AhciSlot slot, BlockOperation operation, ulong sector, uint count)
    {
        BlockRequest request = slot.Request;
        request.Operation = operation;
        request.ForceUnitAccess = false;
        request.Sector = sector;
        request.SectorCount = count;
        request.SegmentCount = 0;
        slot.SectorsLeft = 0;
        Submit(slot);
    }

    /// <summary>Stops the command that met a bad transfer: memory that is none, or too little of it.</summary>
    public void Fail(TransferStatus status)
    {
        // Section 6.1.6 and 6.1.1. The device waits for a transfer that does not come: only a reset frees it.
        Halt(status == TransferStatus.Overflow ? AhciPortRegister.IS_OFS : AhciPortRegister.IS_HBFS);
    }

    /// <inheritdoc/>
    public void Completed(BlockRequest request, BlockStatus status)
    {
        _controller.Enter();
        AhciSlot slot = _slots[request.Tag];
        slot.IsSubmitted = false;
        _outstanding--;
        if (!slot.IsOrphan)
            Continue(slot, status);
        OfferWaiting();
        EndReset();
        Run();
        _controller.Leave();
    }

    private void Continue(AhciSlot slot, BlockStatus status)
    {
        bool moves = slot.Request.Operation is BlockOperation.Read or BlockOperation.Write;
        if (moves && status == BlockStatus.Success)
        {
            slot.Transferred += slot.Request.SectorCount * IBlockDisk.SectorSize;
            if (slot.SectorsLeft != 0)
            {
                SubmitPart(slot);
                return;
            }
        }

        _device!.TransferEnded(slot, status);
    }

    private void SubmitPart(AhciSlot slot)
    {
        TransferStatus status = slot.PreparePart();
        if (status == TransferStatus.Done)
            Submit(slot);
        else
            Fail(status);
    }

    private void Submit(AhciSlot slot)
    {
        slot.IsSubmitted = true;
        _outstanding++;
        if (_waiting != 0 || !_device!.Disk.TrySubmit(slot.Request))
            _waiting |= 1u << slot.Number;
    }

    private void OfferWaiting()
    {
        for (int i = 0; i < Slots && _waiting != 0; i++)
        {
            uint bit = 1u << i;
            if ((_waiting & bit) == 0)
                continue;
            if (_slots[i].IsOrphan)
            {
                _slots[i].IsSubmitted = false;
                _outstanding--;
            }
            else if (!_device!.Disk.TrySubmit(_slots[i].Request))
            {
                return;
            }

            _waiting &= ~bit;
        }
    }

    // Fetches commands while the device takes them.
    private void Run()
    {
        while (IsStarted && !_halted && !_resetting && _current == None && _device is not null && _controller.IsBusMaster)
        {
            int slot = NextSlot();
            if (slot == None)
                return;
            Start(_slots[slot]);
        }
    }

    // Slots take turns. A slot whose given-up request has not come back yet waits for it.
    private int NextSlot()
    {
        for (int i = 0; i < Slots; i++)
        {
            int slot = (_next + i) % Slots;
            if ((_issued & (1u << slot)) == 0 || _slots[slot].IsSubmitted)
                continue;
            _next = (slot + 1) % Slots;
            return slot;
        }

        return None;
    }

    private void Start(AhciSlot slot)
    {
        Span<byte> fis = stackalloc byte[Fis.HostToDeviceSize];
        _current = slot.Number;
        if (!slot.Fetch(_commandList, fis))
            Fail(TransferStatus.BadAddress);
        else if (fis[0] != Fis.RegisterHostToDevice)
            // Section 6.1.2: a frame that the device does not understand ends in an R_ERR.
            Halt(AhciPortRegister.IS_IFS);
        else if ((fis[1] & Fis.IsCommand) == 0)
            StartControl(slot);
        else if (_device!.IsQueuedCommand(slot.TaskFile.Command))
            StartQueued(slot);
        else
            StartPlain(slot);
    }

    // A frame that writes the control register: software reset is on from a frame with SRST to the next without (section 10.4.1).
    private void StartControl(AhciSlot slot)
    {
        bool reset = (slot.TaskFile.Control & Fis.ControlSoftReset) != 0;
        Release(slot);
        if (reset)
        {
            _taskFile |= AtaStatus.BSY;
            _softReset = true;
        }
        else if (_softReset)
        {
            _softReset = false;
            BeginReset();
        }
    }

    private void StartPlain(AhciSlot slot)
    {
        _taskFile = AtaStatus.DRDY | AtaStatus.BSY;
        // A command of the other kind while queued ones are under way aborts all of them (Serial ATA 3.0, section 13.6.3).
        if (_active != 0)
            Finish(slot, AtaStatus.Good | AtaStatus.ERR, AtaError.ABRT);
        else
            _device!.Execute(slot);
    }

    // The device takes a queued command and is free for the next one; PxSACT goes on naming it.
    private void StartQueued(AhciSlot slot)
    {
        slot.IsQueued = true;
        uint bit = 1u << slot.Number;
        if ((slot.TaskFile.Count >> 3) != slot.Number || (_active & bit) == 0)
        {
            slot.IsQueued = false;
            Finish(slot, AtaStatus.Good | AtaStatus.ERR, AtaError.ABRT);
            return;
        }

        Release(slot);
        SendRegisters(slot.TaskFile, AtaStatus.Good, 0, interrupt: false);
        _device!.Execute(slot);
    }

    private void Release(AhciSlot slot)
    {
        _issued &= ~(1u << slot.Number);
        _current = None;
    }

    private void Halt(uint cause)
    {
        _halted = true;
        Raise(cause);
    }

    private void FinishQueued(AhciSlot slot, byte status, byte error, bool failed)
    {
        uint done = failed ? 0 : 1u << slot.Number;
        _active &= ~done;
        if (failed)
            AbortQueue(slot);
        Span<byte> fis = stackalloc byte[Fis.SetDeviceBitsSize];
        fis.Clear();
        fis[0] = Fis.SetDeviceBits;
        fis[1] = Fis.Interrupt;
        fis[2] = (byte)(status & 0x77);
        fis[3] = error;
        BinaryPrimitives.WriteUInt32LittleEndian(fis.Slice(4), done);
        Receive(AhciMemory.DeviceBitsOffset, fis);
        _taskFile = (_taskFile & 0x88) | (uint)(status & 0x77) | ((uint)error << 8);
        Raise(AhciPortRegister.IS_SDBS);
    }

    // The first failure ends the whole queue: the others go on being named by PxSACT, and software sends them again.
    private void AbortQueue(AhciSlot failed)
    {
        _halted = true;
        Raise(AhciPortRegister.IS_TFES);
        _current = failed.Number;
        for (int i = 0; i < Slots; i++)
            _slots[i].IsOrphan = true;
    }

    private void SendRegisters(in AtaTaskFile answer, byte status, byte error, bool interrupt)
    {
        Span<byte> fis = stackalloc byte[Fis.DeviceToHostSize];
        fis.Clear();
        fis[0] = Fis.RegisterDeviceToHost;
        fis[1] = interrupt ? Fis.Interrupt : (byte)0;
        answer.Store(fis, status, error);
        Receive(AhciMemory.RegisterOffset, fis);
        _taskFile = status | ((uint)error << 8);
        if (interrupt)
            Raise(AhciPortRegister.IS_DHRS);
    }

    private void Receive(int offset, ReadOnlySpan<byte> fis)
    {
        if ((_command & AhciPortRegister.CMD_FRE) != 0 && _controller.IsBusMaster && !_memory.Write(_receivedFis + (ulong)offset, fis))
            Halt(AhciPortRegister.IS_HBFS);
    }

    private void Raise(uint cause)
    {
        _interruptStatus |= cause;
        if ((cause & _interruptEnable) != 0)
            _controller.Signal();
    }
}
