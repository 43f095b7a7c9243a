// What a NIC model asks of the network behind it. Frames to the network name guest memory; frames from it are copied once.
using System;

namespace Kilonova.Vmm.Models;

/// <summary>What became of a frame to the network.</summary>
public enum SendResult
{
    /// <summary>The bytes have been taken: guest memory may change.</summary>
    Sent,

    /// <summary>The bytes are still needed until <see cref="INetworkOwner.SendCompleted"/>.</summary>
    Pending,

    /// <summary>No room; to be offered again after <see cref="INetworkOwner.SendReady"/>.</summary>
    NoRoom,
}

/// <summary>What became of a frame from the network.</summary>
public enum ReceiveResult
{
    /// <summary>It is in guest memory.</summary>
    Taken,

    /// <summary>The guest does not want it, or told the NIC to drop what finds no buffer.</summary>
    Dropped,

    /// <summary>No buffer; to be offered again after <see cref="INetworkPort.ReceiveReady"/>.</summary>
    NoRoom,
}

/// <summary>A network as a NIC model sees it. Called under the model's lock: must not block nor call back.</summary>
public interface INetworkPort
{
    /// <summary>Sends a frame without its checksum sequence.</summary>
    /// <param name="header">The first bytes, valid during the call only; may be empty, or the whole frame.</param>
    /// <param name="rest">Guest memory that follows, in order.</param>
    /// <param name="tag">Names the frame in <see cref="INetworkOwner.SendCompleted"/>.</param>
    SendResult Send(ReadOnlySpan<byte> header, ReadOnlySpan<GuestSegment> rest, int tag);

    /// <summary>
    /// No more frames follow those that were sent since the last time. Called without the model's lock, on the thread that sent: a network that
    /// has to wake somebody does it once for all of them, here.
    /// </summary>
    void Publish();

    /// <summary>The guest has provided buffers: frames that found no room may be offered again. Called without the model's lock.</summary>
    void ReceiveReady();
}

/// <summary>A NIC model as its network sees it. Takes the model's lock.</summary>
public interface INetworkOwner
{
    /// <summary>Gives the guest a frame, without its checksum sequence, at least 14 bytes.</summary>
    ReceiveResult Receive(ReadOnlySpan<byte> frame);

    /// <summary>A pending frame's guest memory is no longer needed.</summary>
    void SendCompleted(int tag);

    /// <summary>There is room for frames again.</summary>
    void SendReady();

    /// <summary>The cable is plugged in or pulled out.</summary>
    void SetLink(bool up);
}
