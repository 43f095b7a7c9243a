using System;
using System.Buffers.Binary;
using Kilonova.Blocks;
using Kilonova.Registers;

namespace Kilonova.Ahci;

// From the signature to a device that serves: who it is, and how large.
public sealed partial class AhciPort<TRegisters, TMemory>
{
    // Whether identification has ended since the last reset: errors from here on are those of requests.
    private bool _isServing;

    private void Identify(ulong now)
    {
        _isServing = false;
        _sizings = 0;
        var isPacket = ReadPort(PortRegister.Sig) == PortBit.SigAtapi;
        var command = ReadPort(PortRegister.Cmd) & ~PortBit.CmdAtapi;
        WritePort(PortRegister.Is, uint.MaxValue);
        WritePort(PortRegister.Cmd, command | PortBit.CmdSt | (isPacket ? PortBit.CmdAtapi : 0));
        var data = _table.Data;
        var fis = new RegisterFis(isPacket ? AtaCommand.IdentifyPacketDevice : AtaCommand.IdentifyDevice, 0, 0, 0, 0);
        _table.Write(OwnSlot, fis, false, new ReadOnlySpan<DmaSegment>(in data));
        Enter(PortState.Identifying, now + IdentifyTime);
        Issue(OwnSlot, null, false);
    }

    private void Identified(ulong now)
    {
        Span<byte> data = stackalloc byte[DiskIdentity.Length];
        _table.ReadData(data);
        if (!_probe.TryRead(data, ReadPort(PortRegister.Sig) == PortBit.SigAtapi))
        {
            BeginReset(now);
            return;
        }

        if (_probe.IsPacket)
            Size(now);
        else
            Accept();
    }

    // After a reset, or with a new medium, the first packets fail with unit attention.
    private void Size(ulong now)
    {
        if (++_sizings > MaxSizings)
        {
            _probe.Sectors = 0;
            Accept();
            return;
        }

        var data = new DmaSegment(_table.Data.Address, PacketCommand.CapacityLength);
        _table.WritePacket(OwnSlot, PacketCommand.ReadCapacity, 0, new ReadOnlySpan<DmaSegment>(in data));
        Enter(PortState.Sizing, now + IdentifyTime);
        Issue(OwnSlot, null, false);
    }

    private void Sized()
    {
        Span<byte> data = stackalloc byte[PacketCommand.CapacityLength];
        _table.ReadData(data);
        var last = BinaryPrimitives.ReadUInt32BigEndian(data);
        var size = BinaryPrimitives.ReadUInt32BigEndian(data.Slice(4));
        var sound = size is >= 512 and <= 4096 && (size & (size - 1)) == 0 && last != uint.MaxValue;
        _probe.Sectors = sound ? last + 1ul : 0;
        _probe.SectorSize = sound ? size : _probe.SectorSize;
        Accept();
    }

    private void Accept()
    {
        var isSame = _isKnown && _identity.IsSame(_probe);
        if (_isKnown && !isSame)
        {
            // What was meant for the device that was here must not reach this one.
            Leave(PortState.Settling, DiskStatus.Gone);
        }

        (_identity, _probe) = (_probe, _identity);
        _isKnown = true;
        _isServing = true;
        Depth = _hasQueue && _identity.QueueDepth != 0 ? Math.Min(_slots, (int)_identity.QueueDepth) : 1;
        Enter(PortState.Ready, 0);
        if (!isSame)
            _events.Changed(Number);
    }
}
