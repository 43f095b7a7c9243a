// What an AHCI port needs of the device on its cable.
namespace Kilonova.Vmm.Models;

/// <summary>
/// An ATA or ATAPI device. Executes commands that its port fetched; answers through <see cref="AhciPort.Finish"/>, at once or after a
/// transfer. Guarded by the controller's lock.
/// </summary>
public abstract class AtaDevice
{
    private protected AtaDevice(IBlockDisk disk) => Disk = disk;

    /// <summary>The medium.</summary>
    public IBlockDisk Disk { get; }

    internal AhciPort Port { get; private set; } = null!;

    /// <summary>What PxSIG tells of the device after reset.</summary>
    internal abstract uint Signature { get; }

    /// <summary>Status register that goes with the signature.</summary>
    internal abstract byte ResetStatus { get; }

    internal void Attach(AhciPort port) => Port = port;

    /// <summary>The state after power-on or reset.</summary>
    internal abstract void Reset();

    /// <summary>Starts a command. Queued commands have been told apart by <see cref="IsQueuedCommand"/>.</summary>
    internal abstract void Execute(AhciSlot slot);

    /// <summary>A transfer that the command started has ended, all parts of it.</summary>
    internal abstract void TransferEnded(AhciSlot slot, BlockStatus status);

    /// <summary>Whether a command code belongs to the queued feature set.</summary>
    internal virtual bool IsQueuedCommand(byte command) => false;

    /// <summary>Aborts a command that the device does not know or that has wrong parameters.</summary>
    private protected void Abort(AhciSlot slot, byte error = AtaError.ABRT) => Port.Finish(slot, AtaStatus.Good | AtaStatus.ERR, error);

    /// <summary>Ends a command well.</summary>
    private protected void Succeed(AhciSlot slot) => Port.Finish(slot, AtaStatus.Good, 0);
}
