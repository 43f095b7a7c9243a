using System.Collections.Generic;
using Iced.Intel;

namespace Kilonova.IcedComparison;

/// <summary>
/// Every opcode that Iced knows, in every mode that has it, assembled from Iced's own description of its encoding, with a register and
/// with several memory operands.
/// </summary>
internal static class OpcodeTable
{
    private const int CodesPerBlock = 128;

    // The last of Iced 1.22's; behind it comes nothing.
    private const Code LastCode = Code.VEX_Vsm3rnds2_xmm_xmm_xmmm128_imm8;

    // What follows the ModRM byte: index register, displacement, immediates.
    private const int TailLength = 10;

    private static readonly byte[] s_modRms = { 0xc1, 0x02, 0x44, 0x85 };

    internal static void Run(Examiner examiner)
    {
        Dictionary<int, Decoder> decoders = new Dictionary<int, Decoder>();
        int total = 0;
        int reached = 0;
        for (int number = 0; number <= (int)LastCode; number++)
        {
            Code code = (Code)number;
            OpCodeInfo opcode = code.ToOpCode();

            // The decoder takes WAIT for an instruction of its own.
            if (opcode.IsInstruction && !opcode.Fwait)
            {
                total++;
                if (Examine(examiner, decoders, opcode))
                    reached++;
                else
                    Program.Print($"not reached: {number}");
            }
            if (number % CodesPerBlock == CodesPerBlock - 1 || number == (int)LastCode)
                examiner.EndBlock($"codes to {number}");
        }
        Program.Print($"codes: {reached} of {total} reached");
        examiner.EndSection("codes");
    }

    private static bool Examine(Examiner examiner, Dictionary<int, Decoder> decoders, OpCodeInfo opcode)
    {
        bool reached = false;
        foreach (int bitness in new[] { 16, 32, 64 })
        {
            if (!opcode.IsAvailableInMode(bitness))
                continue;
            Decoder decoder = GetDecoder(examiner, decoders, bitness, Options(opcode, bitness));
            foreach (byte modRm in s_modRms)
            {
                for (int variant = 0; variant < Assembler.VariantCount; variant++)
                {
                    if (!Assembler.Assemble(examiner.Source, opcode, bitness, modRm, variant))
                        continue;
                    for (uint i = 0; i < TailLength; i++)
                        examiner.Source.Add(0x24 + (i * 0x11));
                    reached |= examiner.Examine(decoder) == opcode.Code;
                }
            }
        }
        return reached;
    }

    // Some opcodes exist for the decoders of one vendor only.
    private static DecoderOptions Options(OpCodeInfo opcode, int bitness)
    {
        bool isIntel = bitness switch
        {
            16 => opcode.IntelDecoder16,
            32 => opcode.IntelDecoder32,
            _ => opcode.IntelDecoder64,
        };
        DecoderOptions options = isIntel ? opcode.DecoderOption : opcode.DecoderOption | DecoderOptions.AMD;
        bool isReservedNop = opcode.Code is >= Code.Reservednop_rm16_r16_0F1F and <= Code.Reservednop_rm64_r64_0F1F;
        return isReservedNop ? options | DecoderOptions.ForceReservedNop : options;
    }

    private static Decoder GetDecoder(Examiner examiner, Dictionary<int, Decoder> decoders, int bitness, DecoderOptions options)
    {
        int key = ((int)options * 128) + bitness;
        if (!decoders.TryGetValue(key, out Decoder? decoder))
        {
            decoder = Decoder.Create(bitness, examiner.Source, options);
            decoders.Add(key, decoder);
        }
        return decoder;
    }
}
