// Decoded forms, kept by the bytes they were decoded from.
using System;
using System.Buffers.Binary;
using Iced.Intel;

namespace Kilonova.Vmm.Emulation;

/// <summary>
/// A bounded cache of decoded instructions. The key is the instruction's bytes and the mode, so that nothing a guest does to its memory
/// or its page tables makes an entry wrong; the instruction pointer only chooses where to look. Private to one virtual CPU.
/// </summary>
internal sealed class DecodeCache
{
    public const int MaximumLength = 15;

    private const int Sets = 128;
    private const int Ways = 4;

    private readonly DecodedForm[] _forms = new DecodedForm[Sets * Ways];
    private readonly byte[] _nextWay = new byte[Sets];
    private readonly BufferReader _reader = new BufferReader();
    private readonly Decoder _decoder16;
    private readonly Decoder _decoder32;
    private readonly Decoder _decoder64;

    public DecodeCache()
    {
        for (int i = 0; i < _forms.Length; i++)
            _forms[i] = new DecodedForm();
        _decoder16 = Decoder.Create(16, _reader);
        _decoder32 = Decoder.Create(32, _reader);
        _decoder64 = Decoder.Create(64, _reader);
    }

    /// <summary>Instructions decoded so far: lookups that did not find theirs.</summary>
    public ulong Decoded { get; private set; }

    /// <summary>The form of the instruction that some bytes begin with; null if it needs more bytes than there are.</summary>
    /// <param name="bytes">1 to 15 bytes, private to the caller.</param>
    /// <param name="bitness">16, 32 or 64.</param>
    /// <param name="rip">Where they come from.</param>
    public DecodedForm? Find(ReadOnlySpan<byte> bytes, int bitness, ulong rip)
    {
        Span<byte> padded = stackalloc byte[16];
        padded.Clear();
        bytes.CopyTo(padded);
        ulong low = BinaryPrimitives.ReadUInt64LittleEndian(padded);
        ulong high = BinaryPrimitives.ReadUInt64LittleEndian(padded.Slice(8));

        int set = (int)(rip ^ (rip >> 7)) & (Sets - 1);
        for (int way = 0; way < Ways; way++)
        {
            DecodedForm form = _forms[(set * Ways) + way];
            if (form.Bitness == bitness && form.Length <= bytes.Length && Matches(form, low, high))
                return form;
        }

        DecodedForm victim = _forms[(set * Ways) + _nextWay[set]];
        if (!Decode(bytes, bitness, victim))
            return null;
        _nextWay[set] = (byte)((_nextWay[set] + 1) % Ways);
        victim.Bitness = (byte)bitness;
        victim.BytesLow = low & MaskLow(victim.Length);
        victim.BytesHigh = high & MaskHigh(victim.Length);
        return victim;
    }

    private static bool Matches(DecodedForm form, ulong low, ulong high) =>
        form.BytesLow == (low & MaskLow(form.Length)) && form.BytesHigh == (high & MaskHigh(form.Length));

    internal static ulong MaskLow(int length) => length >= 8 ? ulong.MaxValue : (1ul << (8 * length)) - 1;

    internal static ulong MaskHigh(int length) => length <= 8 ? 0 : (1ul << (8 * (length - 8))) - 1;

    // False, with the form's key void, if bytes are missing.
    private bool Decode(ReadOnlySpan<byte> bytes, int bitness, DecodedForm form)
    {
        Decoder decoder = bitness switch
        {
            16 => _decoder16,
            32 => _decoder32,
            _ => _decoder64,
        };
        _reader.Set(bytes);
        decoder.IP = 0;
        decoder.Decode(out Instruction instruction);
        Decoded++;
        form.Bitness = 0;
        if (decoder.LastError == DecoderError.NoMoreBytes && bytes.Length < MaximumLength)
            return false;
        form.Length = (byte)Math.Min(Math.Max(instruction.Length, 1), MaximumLength);
        FormBuilder.Build(instruction, bitness, form);
        return true;
    }

    private sealed class BufferReader : CodeReader
    {
        private readonly byte[] _bytes = new byte[MaximumLength];
        private int _length;
        private int _next;

        public void Set(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_bytes);
            _length = bytes.Length;
            _next = 0;
        }

        public override int ReadByte() => _next < _length ? _bytes[_next++] : -1;
    }
}
