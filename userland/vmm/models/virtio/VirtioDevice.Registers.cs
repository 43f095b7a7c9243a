// A virtio device's registers behind its base address, and the window to them in configuration space (OASIS Virtual I/O Device 1.2, sections
// 4.1.4 and 4.1.5).
namespace Kilonova.Vmm.Models;

public abstract partial class VirtioDevice
{
    private const int RegisterSpace = 0x4000;
    private const int RegionSize = 0x1000;
    private const int CommonRegion = 0x0000;
    private const int IsrRegion = 0x1000;
    private const int DeviceRegion = 0x2000;
    private const int NotifyRegion = 0x3000;

    // Bytes from one queue's notification register to the next one's.
    private const int NotifyMultiplier = 4;

    /// <inheritdoc/>
    public ulong ReadMmio(ulong offset, int size)
    {
        Enter();
        ulong value = ReadRegister((int)offset, size);
        Leave();
        return value;
    }

    /// <inheritdoc/>
    public void WriteMmio(ulong offset, int size, ulong value)
    {
        Enter();
        WriteRegister((int)offset, size, value);
        Leave();
    }

    // Section 4.1.4.9: reading the window's data reads the register that its other fields name, writing writes it.
    internal override uint Read(int offset, int size)
    {
        if (IsWindowData(offset, size) && TryReadWindow(out uint value))
        {
            Enter();
            Put32(_window + VirtioPci.Extra, value);
            Leave();
        }

        return base.Read(offset, size);
    }

    internal override void Write(int offset, int size, uint value)
    {
        base.Write(offset, size, value);
        if (IsWindowData(offset, size))
            WriteWindow();
    }

    private int DeclareRegion(byte type, int offset, int size, int extra = 0)
    {
        int length = VirtioPci.CapabilitySize + extra;
        int at = AddCapability(VirtioPci.CapabilityId, length);
        Define(at + VirtioPci.Length, (byte)length, 0);
        Define(at + VirtioPci.Type, type, 0);
        Define(at + VirtioPci.Bar, RegisterBar, 0);
        Put32(at + VirtioPci.Offset, (uint)offset);
        Put32(at + VirtioPci.Size, (uint)size);
        return at;
    }

    private int DeclareWindow()
    {
        int at = DeclareRegion(VirtioPci.WindowCapability, 0, 0, sizeof(uint));
        Define(at + VirtioPci.Bar, 0, 0xff);
        for (int i = 0; i < 3 * sizeof(uint); i++)
            Define(at + VirtioPci.Offset + i, 0, 0xff);
        return at;
    }

    private bool IsWindowData(int offset, int size) =>
        _window != None && offset < _window + VirtioPci.Extra + sizeof(uint) && offset + size > _window + VirtioPci.Extra;

    private bool TryReadWindow(out uint value)
    {
        if (!TryFindWindow(out int bar, out uint offset, out int size))
        {
            value = 0;
            return false;
        }

        value = (uint)(bar == RegisterBar ? ReadMmio(offset, size) : _vectors.ReadMmio(offset, size)) & (uint.MaxValue >> (32 - (8 * size)));
        return true;
    }

    private void WriteWindow()
    {
        if (!TryFindWindow(out int bar, out uint offset, out int size))
            return;
        Enter();
        uint value = Get32(_window + VirtioPci.Extra) & (uint.MaxValue >> (32 - (8 * size)));
        Leave();
        if (bar == RegisterBar)
            WriteMmio(offset, size, value);
        else
            _vectors.WriteMmio(offset, size, value);
    }

    // What the driver wrote into the window's other fields; other CPUs may be writing them.
    private bool TryFindWindow(out int bar, out uint offset, out int size)
    {
        Enter();
        bar = (byte)Get16(_window + VirtioPci.Bar);
        offset = Get32(_window + VirtioPci.Offset);
        uint length = Get32(_window + VirtioPci.Size);
        Leave();
        size = (int)length;
        uint space = bar switch
        {
            RegisterBar => RegisterSpace,
            MessageBar => MessageSpace,
            _ => 0,
        };
        return length is 1 or 2 or 4 && offset % length == 0 && offset < space;
    }

    private ulong ReadRegister(int offset, int size)
    {
        int region = offset & ~(RegionSize - 1);
        int register = offset - region;
        if (region == IsrRegion && register == 0)
            return TakeIsr();
        ulong value = 0;
        for (int i = 0; i < size; i++)
            value |= (ulong)ReadByte(region, register + i) << (8 * i);
        return value;
    }

    private byte ReadByte(int region, int register) => region switch
    {
        CommonRegion => (byte)(ReadCommon(register & ~3) >> (8 * (register & 3))),
        DeviceRegion when register < _configuration.Length => _configuration[register],
        _ => 0,
    };

    private byte TakeIsr()
    {
        byte isr = _isr;
        _isr = 0;
        DrivePin();
        return isr;
    }

    private uint ReadCommon(int word)
    {
        Virtqueue? queue = Selected;
        return word switch
        {
            VirtioCommon.DeviceFeatureSelect => _deviceFeatureSelect,
            VirtioCommon.DeviceFeature => Half(_offered, _deviceFeatureSelect),
            VirtioCommon.DriverFeatureSelect => _driverFeatureSelect,
            VirtioCommon.DriverFeature => Half(_accepted, _driverFeatureSelect),
            VirtioCommon.ConfigVector => _configurationVector | ((uint)_queues.Length << 16),
            VirtioCommon.DeviceStatus => _status | ((uint)_generation << 8) | ((uint)_queueSelect << 16),
            VirtioCommon.QueueSize when queue is not null => queue.Size | ((uint)queue.Vector << 16),
            VirtioCommon.QueueSize => (uint)Virtqueue.NoVector << 16,
            VirtioCommon.QueueEnable when queue is not null => (queue.IsEnabled ? 1u : 0) | ((uint)queue.Number << 16),
            VirtioCommon.QueueDesc => (uint)(queue?.Descriptors ?? 0),
            VirtioCommon.QueueDesc + 4 => (uint)((queue?.Descriptors ?? 0) >> 32),
            VirtioCommon.QueueDriver => (uint)(queue?.Driver ?? 0),
            VirtioCommon.QueueDriver + 4 => (uint)((queue?.Driver ?? 0) >> 32),
            VirtioCommon.QueueDevice => (uint)(queue?.Device ?? 0),
            VirtioCommon.QueueDevice + 4 => (uint)((queue?.Device ?? 0) >> 32),
            _ => 0,
        };
    }

    private Virtqueue? Selected => _queueSelect < _queues.Length ? _queues[_queueSelect] : null;

    private static uint Half(ulong features, uint select) => select switch
    {
        0 => (uint)features,
        1 => (uint)(features >> 32),
        _ => 0,
    };

    // While a reset waits for requests, nothing else may begin.
    private void WriteRegister(int offset, int size, ulong value)
    {
        if (_resetting)
            return;
        int region = offset & ~(RegionSize - 1);
        int register = offset - region;
        switch (region)
        {
            case CommonRegion when size == sizeof(ulong):
                WriteCommon(register, sizeof(uint), (uint)value);
                WriteCommon(register + sizeof(uint), sizeof(uint), (uint)(value >> 32));
                break;
            case CommonRegion:
                WriteCommon(register, size, (uint)value);
                break;
            case DeviceRegion when register + size <= _configuration.Length:
                ConfigurationStored(register, size, (uint)value);
                break;
            case NotifyRegion when register % NotifyMultiplier == 0 && register / NotifyMultiplier < _queues.Length:
                Notify(_queues[register / NotifyMultiplier]);
                break;
        }
    }

    // Section 4.1.3.1: fields are written as wide as they are, those of 64 bits in halves.
    private void WriteCommon(int register, int size, uint value)
    {
        switch (register, size)
        {
            case (VirtioCommon.DeviceFeatureSelect, 4):
                _deviceFeatureSelect = value;
                break;
            case (VirtioCommon.DriverFeatureSelect, 4):
                _driverFeatureSelect = value;
                break;
            case (VirtioCommon.DriverFeature, 4):
                WriteDriverFeature(value);
                break;
            case (VirtioCommon.ConfigVector, 2):
                _configurationVector = Checked(value);
                break;
            case (VirtioCommon.DeviceStatus, 1):
                WriteStatus((byte)value);
                break;
            case (VirtioCommon.QueueSelect, 2):
                _queueSelect = (ushort)value;
                break;
            case (VirtioCommon.QueueVector, 2) when Selected is { } queue:
                queue.Vector = Checked(value);
                break;
            default:
                if (Selected is { IsEnabled: false } selected)
                    WriteQueue(selected, register, size, value);
                break;
        }
    }

    // Section 4.1.4.3.2: a driver places a queue before it enables it, and cannot take it back but by a reset.
    private void WriteQueue(Virtqueue queue, int register, int size, uint value)
    {
        switch (register, size)
        {
            case (VirtioCommon.QueueSize, 2):
                queue.Size = (ushort)value;
                break;
            case (VirtioCommon.QueueEnable, 2) when value == 1 && (_status & VirtioStatus.FEATURES_OK) != 0:
                if (!queue.TryEnable(_accepted))
                    Break();
                break;
            case (VirtioCommon.QueueDesc, 4):
                queue.Descriptors = WithLow(queue.Descriptors, value);
                break;
            case (VirtioCommon.QueueDesc + 4, 4):
                queue.Descriptors = WithHigh(queue.Descriptors, value);
                break;
            case (VirtioCommon.QueueDriver, 4):
                queue.Driver = WithLow(queue.Driver, value);
                break;
            case (VirtioCommon.QueueDriver + 4, 4):
                queue.Driver = WithHigh(queue.Driver, value);
                break;
            case (VirtioCommon.QueueDevice, 4):
                queue.Device = WithLow(queue.Device, value);
                break;
            case (VirtioCommon.QueueDevice + 4, 4):
                queue.Device = WithHigh(queue.Device, value);
                break;
        }
    }

    private static ulong WithLow(ulong before, uint value) => (before & ~0xffff_fffful) | value;

    private static ulong WithHigh(ulong before, uint value) => (uint)before | ((ulong)value << 32);

    // Section 4.1.5.1.2: a vector that there is not is answered by none.
    private ushort Checked(uint vector) => vector < (uint)_vectors.Vectors ? (ushort)vector : Virtqueue.NoVector;

    private void WriteDriverFeature(uint value)
    {
        if ((_status & VirtioStatus.FEATURES_OK) != 0)
            return;
        if (_driverFeatureSelect == 0)
            _accepted = WithLow(_accepted, value);
        else if (_driverFeatureSelect == 1)
            _accepted = WithHigh(_accepted, value);
    }

    // Section 2.1: 0 resets, else bits are added. Those of the device are not the driver's to set, and it reads back what it was granted.
    private void WriteStatus(byte value)
    {
        if (value == 0)
        {
            BeginReset();
            return;
        }

        bool wasRunning = IsRunning;
        byte added = (byte)(value & ~_status & ~VirtioStatus.DEVICE_NEEDS_RESET);
        if ((added & VirtioStatus.FEATURES_OK) != 0 && !FeaturesAgree)
            added &= unchecked((byte)~VirtioStatus.FEATURES_OK);
        if (((_status | added) & VirtioStatus.FEATURES_OK) == 0)
            added &= unchecked((byte)~VirtioStatus.DRIVER_OK);
        _status |= added;
        if (wasRunning || !IsRunning)
            return;
        foreach (Virtqueue queue in _queues)
            Notify(queue);
    }

    // Section 6.1: what was not offered cannot be had, and without VERSION_1 a driver means another interface.
    private bool FeaturesAgree => (_accepted & ~_offered) == 0 && Has(VirtioFeature.VERSION_1) && Agree(_accepted);

    private void Notify(Virtqueue queue)
    {
        if (IsRunning && queue.IsEnabled)
            Notified(queue);
    }
}
