using Iced.Intel;

namespace Kilonova.IcedComparison;

/// <summary>Pseudo-random bytes, half of them behind bytes that open up the rarer tables, each stream in the three modes.</summary>
internal static class RandomStreams
{
    private const int StreamCount = 102_400;
    private const int StreamsPerBlock = 2_048;
    private const int StreamLength = 16;
    private const ulong Seed = 0x9e37_79b9_7f4a_7c15;

    private static ulong s_state = Seed;

    internal static void Run(Examiner examiner)
    {
        Decoder[] decoders =
        {
            Decoder.Create(16, examiner.Source),
            Decoder.Create(32, examiner.Source),
            Decoder.Create(64, examiner.Source),
        };
        for (int stream = 0; stream < StreamCount; stream++)
        {
            Fill(examiner.Source);
            foreach (Decoder decoder in decoders)
                examiner.Examine(decoder);
            if (stream % StreamsPerBlock == StreamsPerBlock - 1)
                examiner.EndBlock($"streams to {stream}");
        }
        examiner.EndSection("streams");
    }

    private static void Fill(ByteSource source)
    {
        source.Clear();
        ulong random = Next();
        if ((random & 1) != 0)
            AddOpening(source, (random >> 8) & 0xf);
        while (source.Length < StreamLength)
            source.Add((uint)(Next() >> 24));
    }

    private static void AddOpening(ByteSource source, ulong kind)
    {
        switch (kind)
        {
            case 0:
                source.Add(0x66);
                break;
            case 1:
                source.Add(0xf2);
                source.Add(0x0f);
                break;
            case 2:
                source.Add(0xf3);
                source.Add(0x0f);
                break;
            case 3:
                source.Add(0x0f);
                source.Add(0x38);
                break;
            case 4:
                source.Add(0x66);
                source.Add(0x0f);
                source.Add(0x3a);
                break;
            case 5:
                source.Add(0x67);
                break;
            case 6:
            case 7:
                source.Add(0xc4);
                break;
            case 8:
                source.Add(0xc5);
                break;
            case 9:
            case 10:
            case 11:
                source.Add(0x62);
                break;
            case 12:
                source.Add(0x8f);
                break;
            case 13:
                source.Add(0xf0);
                break;
            case 14:
                source.Add(0x48);
                break;
            default:
                source.Add(0x0f);
                break;
        }
    }

    // Marsaglia's xorshift, 64 bits.
    private static ulong Next()
    {
        s_state ^= s_state << 13;
        s_state ^= s_state >> 7;
        s_state ^= s_state << 17;
        return s_state;
    }
}
