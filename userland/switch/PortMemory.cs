using System;
using Kilonova.Rings;

namespace Kilonova.Switching;

/// <summary>A dataspace in which packets lie.</summary>
internal readonly struct PortMemory : IPacketMemory<PortMemory>
{
    private readonly MappedMemory _memory;

    internal PortMemory(MappedMemory memory) => _memory = memory;

    public void Read(ulong offset, Span<byte> bytes) => _memory.ReadBytes((int)offset, bytes);

    public void Write(ulong offset, ReadOnlySpan<byte> bytes) => _memory.WriteBytes((int)offset, bytes);

    public void CopyTo(ulong offset, PortMemory target, ulong targetOffset, uint length) =>
        _memory.CopyBytes((int)offset, target._memory, (int)targetOffset, (int)length);
}
