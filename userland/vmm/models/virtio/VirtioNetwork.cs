// The network device (OASIS Virtual I/O Device 1.2, section 5.1).
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

/// <summary>
/// A NIC with one queue each way. It completes checksums and cuts segments itself, as its network carries whole frames only, and takes buffers that
/// are merged. Frames are sent from guest memory and copied once into it.
/// </summary>
public sealed class VirtioNetwork : VirtioDevice, INetworkOwner
{
    private const uint ClassEthernet = 0x02_0000;
    private const int QueueSize = 256;
    private const int AddressLength = 6;

    private readonly INetworkPort _network;
    private readonly VirtioNetTransmitter _transmitter;
    private readonly VirtioNetReceiver _receiver;
    private bool _buffersAdded;
    private bool _framesSent;

    /// <summary>Makes a NIC with a cable plugged in.</summary>
    /// <param name="memory">The memory that its descriptors name.</param>
    /// <param name="network">Where its frames go.</param>
    /// <param name="address">Ethernet address, 6 bytes.</param>
    /// <param name="mtu">Most bytes of a frame behind its Ethernet header, 68 to 65535.</param>
    /// <param name="messages">Where its MSI-X messages go.</param>
    /// <param name="guard">Guards it.</param>
    /// <param name="hasWindow">
    /// Whether registers can be reached by configuration space too. Queues move data, so that its ports must then be served by threads with
    /// vector registers.
    /// </param>
    public VirtioNetwork(
        GuestMemory memory, INetworkPort network, ReadOnlySpan<byte> address, int mtu, IMessageSink messages, ILock guard, bool hasWindow = true)
        : base(
            new VirtioProfile
            {
                Type = VirtioType.Network,
                ClassCode = ClassEthernet,
                Features = VirtioNet.F_CSUM | VirtioNet.F_MTU | VirtioNet.F_MAC | VirtioNet.F_HOST_TSO4 | VirtioNet.F_HOST_TSO6 | VirtioNet.F_HOST_ECN
                    | VirtioNet.F_MRG_RXBUF | VirtioNet.F_STATUS,
                Queues = 2,
                QueueSize = QueueSize,
                ConfigurationSize = VirtioNet.ConfigurationSize,
                HasWindow = hasWindow,
            },
            memory,
            messages,
            guard)
    {
        if (address.Length != AddressLength || mtu is < 68 or > ushort.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(address));
        _network = network;
        _transmitter = new VirtioNetTransmitter(this, Virtqueues[VirtioNet.TransmitQueue], network, QueueSize);
        _receiver = new VirtioNetReceiver(this, Virtqueues[VirtioNet.ReceiveQueue], QueueSize);
        address.CopyTo(Configuration);
        Configuration[VirtioNet.Status] = VirtioNet.LINK_UP;
        BinaryPrimitives.WriteUInt16LittleEndian(Configuration.Slice(VirtioNet.Mtu), (ushort)mtu);
    }

    /// <summary>The cable is plugged in. Under the lock.</summary>
    internal bool LinkUp => (Configuration[VirtioNet.Status] & VirtioNet.LINK_UP) != 0;

    private protected override bool IsIdle => _transmitter.IsIdle;

    /// <inheritdoc/>
    public ReceiveResult Receive(ReadOnlySpan<byte> frame)
    {
        Enter();
        ReceiveResult result = LinkUp ? _receiver.Take(frame) : ReceiveResult.Dropped;
        Leave();
        return result;
    }

    /// <inheritdoc/>
    public void SendCompleted(int tag)
    {
        Enter();
        _transmitter.Completed(tag);
        EndReset();
        Leave();
    }

    /// <inheritdoc/>
    public void SendReady()
    {
        Enter();
        if (IsRunning)
            _transmitter.Run();
        Leave();
    }

    /// <inheritdoc/>
    public void SetLink(bool up)
    {
        Enter();
        if (up != LinkUp)
        {
            Configuration[VirtioNet.Status] = up ? VirtioNet.LINK_UP : (byte)0;
            ConfigurationChanged();
        }

        Leave();
    }

    internal void FrameSent() => _framesSent = true;

    // The network hears of new buffers after the lock is free, since it gives frames at once; and of frames, since it wakes somebody.
    private protected override void Leave()
    {
        bool ready = _buffersAdded;
        bool sent = _framesSent;
        _buffersAdded = false;
        _framesSent = false;
        base.Leave();
        if (sent)
            _network.Publish();
        if (ready)
            _network.ReceiveReady();
    }

    private protected override void Notified(Virtqueue queue)
    {
        if (queue.Number == VirtioNet.TransmitQueue)
            _transmitter.Run();
        else
            _buffersAdded |= _receiver.BuffersAdded();
    }

    private protected override void Stop()
    {
        _transmitter.Stop();
        _receiver.Stop();
    }
}
