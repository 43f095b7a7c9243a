// The 65,536 I/O ports of a machine.
using System;
using System.Threading;

namespace Kilonova.Vmm;

/// <summary>A model behind I/O ports.</summary>
public interface IPortDevice
{
    /// <summary>Reads 1, 2 or 4 bytes. All of them belong to the device.</summary>
    uint ReadPort(ushort port, int size);

    /// <summary>Writes 1, 2 or 4 bytes. All of them belong to the device. Bits of the value above the size are zero.</summary>
    void WritePort(ushort port, int size, uint value);
}

/// <summary>
/// Routes port accesses to models by a table of one byte per port. Reading the table takes no lock; it changes by single bytes, so an
/// access meets the old or the new owner, as on a bus.
/// </summary>
public sealed class PortBus
{
    private const int Ports = 0x1_0000;
    private const int MaximumDevices = 256;

    // 0 is nobody; i is _devices[i]. Written under _lock, read by every virtual CPU.
    private readonly byte[] _owner = new byte[Ports];
    private readonly IPortDevice?[] _devices = new IPortDevice?[MaximumDevices];
    private readonly ILock _lock;
    private int _count = 1;

    /// <summary>Makes a bus without devices.</summary>
    public PortBus(ILock guard) => _lock = guard;

    /// <summary>Gives ports to a device. False if one of them has another owner, or there are too many ports or devices.</summary>
    public bool Map(ushort port, int count, IPortDevice device)
    {
        if (count <= 0 || port + count > Ports)
            return false;
        _lock.Enter();
        bool mapped = IsFree(port, count) && TryNumber(device, out byte number) && Assign(port, count, number);
        _lock.Leave();
        return mapped;
    }

    /// <summary>Takes those of the ports away that belong to a device.</summary>
    public void Unmap(ushort port, int count, IPortDevice device)
    {
        _lock.Enter();
        for (int i = port; i < Math.Min(port + count, Ports); i++)
        {
            if (_devices[_owner[i]] == device)
                Volatile.Write(ref _owner[i], 0);
        }

        _lock.Leave();
    }

    /// <summary>Reads 1, 2 or 4 bytes. Ports of nobody read as all ones.</summary>
    public uint Read(ushort port, int size)
    {
        byte owner = Volatile.Read(ref _owner[port]);
        if (SameOwner(port, size, owner))
            return owner == 0 ? Ones(size) : _devices[owner]!.ReadPort(port, size) & Ones(size);

        uint value = 0;
        for (int i = 0; i < size; i++)
            value |= Read((ushort)(port + i), 1) << (8 * i);
        return value;
    }

    /// <summary>Writes 1, 2 or 4 bytes. Ports of nobody swallow them.</summary>
    public void Write(ushort port, int size, uint value)
    {
        byte owner = Volatile.Read(ref _owner[port]);
        if (SameOwner(port, size, owner))
        {
            if (owner != 0)
                _devices[owner]!.WritePort(port, size, value & Ones(size));
            return;
        }

        for (int i = 0; i < size; i++)
            Write((ushort)(port + i), 1, (value >> (8 * i)) & 0xff);
    }

    private static uint Ones(int size) => uint.MaxValue >> (32 - (8 * size));

    // An access that runs over the last port wraps, byte by byte.
    private bool SameOwner(ushort port, int size, byte owner)
    {
        if (port + size > Ports)
            return false;
        for (int i = 1; i < size; i++)
        {
            if (Volatile.Read(ref _owner[port + i]) != owner)
                return false;
        }

        return true;
    }

    private bool IsFree(int port, int count)
    {
        for (int i = port; i < port + count; i++)
        {
            if (_owner[i] != 0)
                return false;
        }

        return true;
    }

    private bool TryNumber(IPortDevice device, out byte number)
    {
        for (int i = 1; i < _count; i++)
        {
            if (_devices[i] == device)
            {
                number = (byte)i;
                return true;
            }
        }

        number = (byte)_count;
        if (_count == MaximumDevices)
            return false;
        _devices[_count++] = device;
        return true;
    }

    private bool Assign(int port, int count, byte number)
    {
        for (int i = port; i < port + count; i++)
            Volatile.Write(ref _owner[i], number);
        return true;
    }
}
