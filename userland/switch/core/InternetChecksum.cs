using System;
using Kilonova.Net;

namespace Kilonova.Switching;

/// <summary>The checksum of TCP and UDP, where no controller puts it in: RFC 1071.</summary>
public static class InternetChecksum
{
    private const int WordBits = 16;
    private const uint WordMask = 0xffff;
    private const int Chunk = 256;

    /// <summary>Puts the checksum in that a sender has asked for.</summary>
    /// <param name="memory">Memory in which the packet lies.</param>
    /// <param name="offset">Its first byte.</param>
    /// <param name="length">Its length.</param>
    /// <param name="request">What to do; within the packet.</param>
    public static void Insert<TMemory>(TMemory memory, ulong offset, uint length, ChecksumRequest request)
        where TMemory : struct, IPacketMemory<TMemory>
    {
        Span<byte> bytes = stackalloc byte[Chunk];
        var sum = 0u;
        for (uint done = request.Start; done < length;)
        {
            var part = bytes.Slice(0, (int)Math.Min(Chunk, length - done));
            memory.Read(offset + done, part);
            for (var i = 0; i < part.Length; i++)
                sum += i % 2 == 0 ? (uint)part[i] << 8 : part[i];

            done += (uint)part.Length;
        }

        // A datagram of UDP whose sum is 0 has the other zero: 0 says that there is none. RFC 768.
        sum = ~Fold(sum) & WordMask;
        if (sum == 0 && request.Offset == ChecksumRequest.UdpOffset)
            sum = WordMask;

        (bytes[0], bytes[1]) = ((byte)(sum >> 8), (byte)sum);
        memory.Write(offset + request.Start + request.Offset, bytes.Slice(0, 2));
    }

    private static uint Fold(uint sum)
    {
        while (sum > WordMask)
            sum = (sum & WordMask) + (sum >> WordBits);

        return sum;
    }
}
