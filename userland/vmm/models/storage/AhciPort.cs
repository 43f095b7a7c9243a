// A port of an AHCI controller: its registers and the states they show (Serial ATA AHCI 1.3.1, sections 3.3, 5.3 and 10.4).
using System;

namespace Kilonova.Vmm.Models;

/// <summary>
/// A port with at most one device. Fetches commands from the list in guest memory, gives them to the device, and tells the guest by
/// frames and interrupts. Guarded by the controller's lock, which the completion of a disk request takes too.
/// </summary>
internal sealed partial class AhciPort : IBlockOwner
{
    private const int Slots = 32;
    private const int None = -1;

    private readonly AhciController _controller;
    private readonly GuestMemory _memory;
    private readonly AtaDevice? _device;
    private readonly AhciSlot[] _slots;

    private ulong _commandList;
    private ulong _receivedFis;
    private uint _interruptStatus;
    private uint _interruptEnable;
    private uint _command;
    private uint _taskFile;
    private uint _signature;
    private uint _control;
    private uint _error;
    private uint _active;
    private uint _issued;

    // Requests at the disk, given up ones included. Commands end and the port stops only when memory is safe from them.
    private int _outstanding;

    // The port has met an error and fetches nothing until the guest stops it.
    private bool _halted;

    // A reset has been asked for; it takes place when no request is outstanding.
    private bool _resetting;

    // The device has its signature to send.
    private bool _signaturePending;

    public AhciPort(AhciController controller, GuestMemory memory, AtaDevice? device)
    {
        _controller = controller;
        _memory = memory;
        _device = device;
        _slots = new AhciSlot[device is null ? 0 : Slots];
        for (int i = 0; i < _slots.Length; i++)
            _slots[i] = new AhciSlot(this, i, memory);
        device?.Attach(this);
        Reset();
    }

    /// <summary>An enabled interrupt is pending.</summary>
    public bool IsInterrupting => (InterruptStatus & _interruptEnable) != 0;

    /// <summary>A reset waits for requests at the disk.</summary>
    public bool IsResetting => _resetting;

    // PxIS.PCS and PxIS.PRCS mirror PxSERR (section 3.3.5).
    private uint InterruptStatus => _interruptStatus
        | ((_error & AhciPortRegister.SERR_DIAG_X) != 0 ? AhciPortRegister.IS_PCS : 0)
        | ((_error & AhciPortRegister.SERR_DIAG_N) != 0 ? AhciPortRegister.IS_PRCS : 0);

    private bool IsStarted => (_command & AhciPortRegister.CMD_ST) != 0;

    // PxCMD.CR: the list runs until it is stopped and the last request has come back.
    private bool IsRunning => IsStarted || _outstanding != 0;

    /// <summary>Takes the controller's lock.</summary>
    public void Enter() => _controller.Enter();

    /// <summary>Gives it back.</summary>
    public void Leave() => _controller.Leave();

    /// <summary>Reset of the whole controller (section 10.4.3). Addresses in PxCLB and PxFB survive it.</summary>
    public void Reset()
    {
        ResetRegisters();
        BeginReset();
    }

    /// <summary>Power-on state.</summary>
    public void PowerOn()
    {
        _commandList = 0;
        _receivedFis = 0;
        Reset();
    }

    public uint Read(int register) => register switch
    {
        AhciPortRegister.CLB => (uint)_commandList,
        AhciPortRegister.CLBU => (uint)(_commandList >> 32),
        AhciPortRegister.FB => (uint)_receivedFis,
        AhciPortRegister.FBU => (uint)(_receivedFis >> 32),
        AhciPortRegister.IS => InterruptStatus,
        AhciPortRegister.IE => _interruptEnable,
        AhciPortRegister.CMD => ReadCommand(),
        AhciPortRegister.TFD => _taskFile,
        AhciPortRegister.SIG => _signature,
        AhciPortRegister.SSTS => ReadLinkStatus(),
        AhciPortRegister.SCTL => _control,
        AhciPortRegister.SERR => _error,
        AhciPortRegister.SACT => _active,
        AhciPortRegister.CI => _issued,
        _ => 0,
    };

    public void Write(int register, uint value)
    {
        switch (register)
        {
            case AhciPortRegister.CLB:
                _commandList = (_commandList & ~0xffff_fffful) | (value & ~0x3ffu);
                break;
            case AhciPortRegister.CLBU:
                _commandList = (uint)_commandList | ((ulong)value << 32);
                break;
            case AhciPortRegister.FB:
                _receivedFis = (_receivedFis & ~0xffff_fffful) | (value & ~0xffu);
                break;
            case AhciPortRegister.FBU:
                _receivedFis = (uint)_receivedFis | ((ulong)value << 32);
                break;
            case AhciPortRegister.IS:
                _interruptStatus &= ~(value & AhciPortRegister.IS_Clearable);
                break;
            case AhciPortRegister.IE:
                _interruptEnable = value & AhciPortRegister.IE_All;
                break;
            case AhciPortRegister.CMD:
                WriteCommand(value);
                break;
            case AhciPortRegister.SCTL:
                WriteLinkControl(value & AhciPortRegister.SCTL_Writable);
                break;
            case AhciPortRegister.SERR:
                _error &= ~value;
                break;
            case AhciPortRegister.SACT when IsStarted:
                _active |= value;
                break;
            case AhciPortRegister.CI when IsStarted:
                _issued |= value;
                Run();
                break;
        }
    }

    private uint ReadCommand()
    {
        uint value = _command | AhciPortRegister.CMD_SUD | AhciPortRegister.CMD_POD;
        if ((_command & AhciPortRegister.CMD_FRE) != 0)
            value |= AhciPortRegister.CMD_FR;
        if (IsRunning)
            value |= AhciPortRegister.CMD_CR;
        if (_current != None && IsStarted)
            value |= (uint)_current << AhciPortRegister.CMD_CCS_Shift;
        return value;
    }

    private uint ReadLinkStatus() => (_control & AhciPortRegister.SCTL_DET) switch
    {
        0 => _device is null ? 0 : AhciPortRegister.SSTS_Present,
        4 => AhciPortRegister.SSTS_Offline,
        _ => 0,
    };

    private void WriteCommand(uint value)
    {
        bool wasStarted = IsStarted;
        bool clearBusy = (value & AhciPortRegister.CMD_CLO) != 0 && !wasStarted;
        _command = value & AhciPortRegister.CMD_Writable;
        if (clearBusy)
            _taskFile &= ~(uint)(AtaStatus.BSY | AtaStatus.DRQ);
        if (wasStarted && !IsStarted)
            Stop();
        SendSignature();
        if (!wasStarted && IsStarted)
        {
            _halted = false;
            _next = 0;
            Run();
        }
    }

    // Section 5.3.2.3: PxCI and PxSACT are cleared; commands that are under way have no end that the guest would see.
    private void Stop()
    {
        _issued = 0;
        _active = 0;
        _current = None;
        for (int i = 0; i < _slots.Length; i++)
            _slots[i].IsOrphan = true;
    }

    // Section 10.4.2: DET = 1 holds the link in reset, DET = 4 switches it off; back to 0 connects it anew.
    private void WriteLinkControl(uint value)
    {
        uint before = _control & AhciPortRegister.SCTL_DET;
        uint after = value & AhciPortRegister.SCTL_DET;
        _control = value;
        if (before == after)
            return;
        if (after != 0)
        {
            _signaturePending = false;
            _taskFile = AhciPortRegister.TFD_None;
            Stop();
        }
        else if (_device is not null)
        {
            _error |= AhciPortRegister.SERR_DIAG_X | AhciPortRegister.SERR_DIAG_N;
            BeginReset();
        }
    }

    private void ResetRegisters()
    {
        Stop();
        _interruptStatus = 0;
        _interruptEnable = 0;
        _command = 0;
        _taskFile = AhciPortRegister.TFD_None;
        _signature = AhciPortRegister.SIG_None;
        _control = 0;
        _error = 0;
        _halted = false;
    }

    private void BeginReset()
    {
        Stop();
        _resetting = true;
        EndReset();
    }

    private void EndReset()
    {
        if (!_resetting || _outstanding != 0)
            return;
        _resetting = false;
        _halted = false;
        _device?.Reset();
        _signaturePending = _device is not null;
        SendSignature();
    }

    // The device's first frame after reset is accepted once the guest receives frames; it interrupts nobody.
    private void SendSignature()
    {
        if (!_signaturePending || (_command & AhciPortRegister.CMD_FRE) == 0)
            return;
        _signaturePending = false;
        _signature = _device!.Signature;
        var answer = new AtaTaskFile { Count = (byte)_signature, Lba = _signature >> 8 };
        SendRegisters(answer, _device.ResetStatus, 1, interrupt: false);
    }
}
