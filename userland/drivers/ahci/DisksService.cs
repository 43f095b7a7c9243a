using System;
using Kilonova.Abi;
using Kilonova.Blocks;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Ahci;

/// <summary>The service "disk", for one session.</summary>
internal readonly struct DisksService : IDisks, IScratch
{
    private readonly ulong _session;

    internal DisksService(ulong session) => _session = session;

    public Span<ulong> Scratch => Program.ScratchOf(Server.Cpu);

    public ContractStatus Describe(
        uint from, out uint disk, out ulong blocks, out uint blockSize, out DiskFeatures features, Span<byte> model, out int modelLength) =>
        Program.Disks.Describe(from, out disk, out blocks, out blockSize, out features, model, out modelLength);

    public ContractStatus DescribePartition(uint disk, uint index, out uint partition, out ulong first, out ulong blocks)
    {
        var status = Program.Disks.DescribePartition(disk, index, out var found);
        (partition, first, blocks) = (found.Number, found.First, found.Count);
        return status;
    }

    public ContractStatus Open(uint disk, uint partition, bool writable, out ulong blocks, out uint blockSize)
    {
        blocks = 0;
        blockSize = 0;
        Span<byte> name = stackalloc byte[StartPage.MaxName];
        if (Component.Parent.Client(_session, name, out var length) != ContractStatus.Ok)
            return ContractStatus.Denied;

        if (!DiskPolicy.Allows(Component.Arguments, name.Slice(0, length), disk, partition, writable))
        {
            Log.Write($"{name.Slice(0, length)} may not {(writable ? "write" : "read")} disk {disk}, partition {partition}");
            return ContractStatus.Denied;
        }

        var status = Program.Disks.Open(_session, disk, partition, writable, out var window);
        (blocks, blockSize) = (window.Count, window.BlockSize);
        return status;
    }
}

/// <summary>Its portals.</summary>
internal struct DisksPortal : IPortalHandler
{
    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived)
    {
        var service = new DisksService(identifier);
        return DisksDispatcher.Dispatch(ref service, message, arrived);
    }
}
