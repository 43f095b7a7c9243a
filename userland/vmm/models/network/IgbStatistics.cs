// Statistics of an 82576 (data sheet, section 8.18): counters that reading clears.
using System;

namespace Kilonova.Vmm.Models;

/// <summary>Counters of frames and bytes. They stick at their largest value. Guarded by the NIC's lock.</summary>
internal sealed class IgbStatistics
{
    private const int MPC = 0x4010;
    private const int PRC64 = 0x405c;
    private const int GPRC = 0x4074;
    private const int BPRC = 0x4078;
    private const int MPRC = 0x407c;
    private const int GPTC = 0x4080;
    private const int GORCL = 0x4088;
    private const int GOTCL = 0x4090;
    private const int RUC = 0x40a4;
    private const int TORL = 0x40c0;
    private const int TOTL = 0x40c8;
    private const int TPR = 0x40d0;
    private const int TPT = 0x40d4;
    private const int PTC64 = 0x40d8;
    private const int MPTC = 0x40f0;
    private const int BPTC = 0x40f4;

    private const int Counters = ((IgbRegister.LastStatistic - IgbRegister.FirstStatistic) / 4) + 1;

    private readonly uint[] _counters = new uint[Counters];

    /// <summary>All zero.</summary>
    public void Clear() => Array.Clear(_counters);

    /// <summary>Reads and clears. The upper half of a pair of registers clears both, so that they are read low half first.</summary>
    public uint Read(int register)
    {
        int index = Index(register);
        uint value = _counters[index];
        bool isLowHalf = register is GORCL or GOTCL or TORL or TOTL;
        if (!isLowHalf)
            _counters[index] = 0;
        if (register is GORCL + 4 or GOTCL + 4 or TORL + 4 or TOTL + 4)
            _counters[index - 1] = 0;
        return value;
    }

    /// <summary>A frame from the network, before it is known who wants it.</summary>
    public void Seen(int length)
    {
        Count(TPR);
        CountBytes(TORL, length);
    }

    /// <summary>A frame that went to memory.</summary>
    public void Received(ReadOnlySpan<byte> frame, int length)
    {
        Count(GPRC);
        CountBytes(GORCL, length);
        Count(PRC64 + (4 * SizeClass(length)));
        CountKind(frame, MPRC, BPRC);
        if (length < 64)
            Count(RUC);
    }

    /// <summary>A frame that found no buffer.</summary>
    public void Missed() => Count(MPC);

    /// <summary>A frame to the network.</summary>
    public void Sent(ReadOnlySpan<byte> header, int length)
    {
        Count(TPT);
        CountBytes(TOTL, length);
        Count(GPTC);
        CountBytes(GOTCL, length);
        Count(PTC64 + (4 * SizeClass(length)));
        CountKind(header, MPTC, BPTC);
    }

    private static int Index(int register) => (register - IgbRegister.FirstStatistic) / 4;

    private static int SizeClass(int length) => length switch { <= 64 => 0, < 128 => 1, < 256 => 2, < 512 => 3, < 1024 => 4, _ => 5 };

    private void CountKind(ReadOnlySpan<byte> frame, int multicast, int broadcast)
    {
        if (frame.Length >= 6 && (frame[0] & 1) != 0)
            Count(Igb.IsBroadcast(frame) ? broadcast : multicast);
    }

    private void Count(int register)
    {
        ref uint counter = ref _counters[Index(register)];
        if (counter != uint.MaxValue)
            counter++;
    }

    private void CountBytes(int register, int length)
    {
        int index = Index(register);
        ulong value = (_counters[index] | ((ulong)_counters[index + 1] << 32)) + (uint)length;
        _counters[index] = (uint)value;
        _counters[index + 1] = (uint)(value >> 32);
    }
}
