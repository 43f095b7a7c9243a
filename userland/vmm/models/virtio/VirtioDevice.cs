// What all virtio devices have: their place on the PCI bus, and their life from reset to reset (OASIS Virtual I/O Device 1.2, sections 2.1,
// 3.1 and 4.1).
using System;

namespace Kilonova.Vmm.Models;

/// <summary>What a kind of device tells the transport of itself.</summary>
internal sealed class VirtioProfile
{
    /// <summary>One of <see cref="VirtioType"/>.</summary>
    public int Type { get; init; }

    /// <summary>PCI class, subclass and interface in bits 23-0.</summary>
    public uint ClassCode { get; init; }

    /// <summary>Features of the kind; those of the transport and the queues come on top.</summary>
    public ulong Features { get; init; }

    /// <summary>Virtqueues, at most <see cref="VirtioDevice.MaximumQueues"/>.</summary>
    public int Queues { get; init; }

    /// <summary>Most entries of a queue, a power of two.</summary>
    public int QueueSize { get; init; }

    /// <summary>Bytes of device-specific configuration.</summary>
    public int ConfigurationSize { get; init; }

    /// <summary>
    /// Whether registers can be reached by configuration space too, as section 4.1.4.9 demands and as only firmware wants it. Queues move data, so that
    /// the ports of configuration space must then be served by threads with vector registers.
    /// </summary>
    public bool HasWindow { get; init; }
}

/// <summary>
/// A virtio device without legacy interface. One lock guards it all. A driver that breaks the rules of a queue makes the device need a reset; it does
/// nothing more until then. A reset ends when no request of before can touch memory any more: so long the status reads as before.
/// </summary>
public abstract partial class VirtioDevice : PciFunction, IMmioDevice
{
    /// <summary>Most virtqueues of a device: each has an interrupt vector of its own, and there is one for the configuration.</summary>
    internal const int MaximumQueues = (PendingOffset / MessageEntrySize) - 1;

    private const byte Revision = 1;

    // Drivers of the legacy interface know devices by this ID; from 0x40 on they do not.
    private const ushort Subsystem = 0x40;

    private const int RegisterBar = 0;
    private const int MessageBar = 1;
    private const int MessageSpace = 0x1000;
    private const int MessageEntrySize = 16;
    private const int PendingOffset = 0x800;
    private const int MessageCapabilitySize = 12;
    private const int None = 0;

    private readonly Virtqueue[] _queues;
    private readonly byte[] _configuration;
    private readonly MessageTable _vectors;
    private readonly int _messages;

    // Offset of the window's capability, or None.
    private readonly int _window;
    private readonly ulong _offered;

    private ulong _accepted;
    private uint _deviceFeatureSelect;
    private uint _driverFeatureSelect;
    private ushort _queueSelect;
    private ushort _configurationVector;
    private byte _status;
    private byte _generation;
    private byte _isr;

    // A reset has been asked for, and waits for requests that are under way.
    private bool _resetting;

    private protected VirtioDevice(VirtioProfile profile, GuestMemory memory, IMessageSink messages, ILock guard)
        : base(VirtioPci.Vendor, (ushort)(VirtioPci.FirstDevice + profile.Type), profile.ClassCode, Revision, guard)
    {
        if (profile.Queues is < 1 or > MaximumQueues)
            throw new ArgumentOutOfRangeException(nameof(profile));
        _offered = profile.Features | VirtioFeature.VERSION_1 | VirtioFeature.EVENT_IDX | VirtioFeature.INDIRECT_DESC;
        Memory = memory;
        _configuration = new byte[profile.ConfigurationSize];
        _queues = new Virtqueue[profile.Queues];
        for (int i = 0; i < _queues.Length; i++)
            _queues[i] = new Virtqueue(i, memory, profile.QueueSize);
        _vectors = new MessageTable(_queues.Length + 1, PendingOffset, messages, guard);
        DeclareMemory(RegisterBar, RegisterSpace, this);
        DeclareMemory(MessageBar, MessageSpace, _vectors);
        UseInterruptPin(0);
        Put16(PciRegister.SubsystemVendorId, VirtioPci.Vendor);
        Put16(PciRegister.SubsystemId, Subsystem);
        _messages = AddCapability(PciRegister.MessageSignalledInterruptsX, MessageCapabilitySize);
        Define(_messages + 2, (byte)_queues.Length, 0);
        Define(_messages + 3, 0, 0xc0);
        Put32(_messages + 4, MessageBar);
        Put32(_messages + 8, PendingOffset | MessageBar);
        DeclareRegion(VirtioPci.CommonCapability, CommonRegion, VirtioCommon.Size);
        DeclareRegion(VirtioPci.IsrCapability, IsrRegion, 1);
        if (profile.ConfigurationSize != 0)
            DeclareRegion(VirtioPci.DeviceCapability, DeviceRegion, profile.ConfigurationSize);
        int notify = DeclareRegion(VirtioPci.NotifyCapability, NotifyRegion, _queues.Length * NotifyMultiplier, sizeof(uint));
        Put32(notify + VirtioPci.Extra, NotifyMultiplier);
        _window = profile.HasWindow ? DeclareWindow() : None;
        ResetRegisters();
    }

    /// <summary>The driver is ready, and nothing has gone wrong: queues may be used.</summary>
    internal bool IsRunning =>
        !_resetting && (_status & (VirtioStatus.DRIVER_OK | VirtioStatus.DEVICE_NEEDS_RESET | VirtioStatus.FAILED)) == VirtioStatus.DRIVER_OK;

    /// <summary>The driver's memory.</summary>
    internal GuestMemory Memory { get; }

    /// <summary>The virtqueues.</summary>
    private protected ReadOnlySpan<Virtqueue> Virtqueues => _queues;

    /// <summary>Device-specific configuration, as the driver reads it.</summary>
    private protected Span<byte> Configuration => _configuration;

    /// <summary>Whether the device offers a feature.</summary>
    private protected bool Offers(ulong feature) => (_offered & feature) != 0;

    /// <summary>Whether driver and device agreed on a feature.</summary>
    internal bool Has(ulong feature) => (_accepted & feature) != 0;

    /// <inheritdoc/>
    public override void Reset()
    {
        base.Reset();
        Enter();
        _vectors.Clear();
        BeginReset();
        Leave();
    }

    /// <summary>No request is under way that touches guest memory. Under the lock.</summary>
    private protected abstract bool IsIdle { get; }

    /// <summary>The driver says that a queue has something new, or the device starts to run. Under the lock, while it runs.</summary>
    private protected abstract void Notified(Virtqueue queue);

    /// <summary>Whether features make sense together. Under the lock.</summary>
    private protected virtual bool Agree(ulong features) => true;

    /// <summary>Forgets what is to be done: a reset begins. Requests under way end by and by. Under the lock.</summary>
    private protected virtual void Stop()
    {
    }

    /// <summary>The driver wrote device-specific configuration. Under the lock.</summary>
    private protected virtual void ConfigurationStored(int offset, int size, uint value)
    {
    }

    private protected void Enter() => Guard.Enter();

    /// <summary>Lets the lock go.</summary>
    private protected virtual void Leave() => Guard.Leave();

    /// <summary>Takes the next chain of a queue, if the device may use it and there is one.</summary>
    internal bool TryTake(Virtqueue queue, DescriptorChain chain)
    {
        if (!IsRunning || !queue.IsEnabled || !IsBusMaster)
            return false;
        TakeStatus status = queue.Take(chain);
        if (status == TakeStatus.Broken)
            Break();
        return status == TakeStatus.Taken;
    }

    /// <summary>Gives a chain back, unless the device has stopped meanwhile.</summary>
    internal void Return(Virtqueue queue, ushort head, int written)
    {
        if (IsRunning)
            queue.Return(head, written);
    }

    /// <summary>Shows the driver what was returned, and interrupts it if it wants that.</summary>
    internal void Publish(Virtqueue queue)
    {
        if (IsRunning && queue.Publish())
            Interrupt(queue.Vector, VirtioIsr.Queue);
    }

    /// <summary>Whether to go on with a queue: asks to be notified, and looks once more.</summary>
    internal bool Await(Virtqueue queue) => IsRunning && IsBusMaster && queue.Await();

    /// <summary>The driver broke a rule that the device cannot work without (section 2.1.2).</summary>
    internal void Break()
    {
        if ((_status & VirtioStatus.DEVICE_NEEDS_RESET) != 0)
            return;
        bool told = (_status & VirtioStatus.DRIVER_OK) != 0;
        _status |= VirtioStatus.DEVICE_NEEDS_RESET;
        if (told)
            Interrupt(_configurationVector, VirtioIsr.Configuration);
    }

    /// <summary>Tells the driver that device-specific configuration is not what it was.</summary>
    private protected void ConfigurationChanged()
    {
        _generation++;
        if (IsRunning)
            Interrupt(_configurationVector, VirtioIsr.Configuration);
    }

    /// <summary>A request has ended: a reset may have waited for it.</summary>
    private protected void EndReset()
    {
        if (!_resetting || !IsIdle)
            return;
        _resetting = false;
        ResetRegisters();
    }

    /// <inheritdoc/>
    protected override void ConfigurationWritten(int offset, int size)
    {
        _vectors.SetControl(Get16(_messages + 2));
        DrivePin();
    }

    private void BeginReset()
    {
        _resetting = true;
        Stop();
        EndReset();
    }

    private void ResetRegisters()
    {
        _accepted = 0;
        _deviceFeatureSelect = 0;
        _driverFeatureSelect = 0;
        _queueSelect = 0;
        _configurationVector = Virtqueue.NoVector;
        _status = 0;
        _isr = 0;
        foreach (Virtqueue queue in _queues)
            queue.Reset();
        DrivePin();
    }

    // Sections 4.1.5.3 and 4.1.5.4: a message if the driver uses messages, else a bit that it reads and the pin.
    private void Interrupt(ushort vector, byte cause)
    {
        if (_vectors.IsEnabled)
        {
            _vectors.Signal(vector);
            return;
        }

        _isr |= cause;
        DrivePin();
    }

    private void DrivePin() => SetInterrupt(_isr != 0 && !_vectors.IsEnabled);
}
