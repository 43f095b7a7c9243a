// SSE moves between memory and XMM registers. Nothing here computes.
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Emulation;

public sealed partial class Emulator
{
    private const ulong CoprocessorEmulation = 1 << 2;
    private const ulong TaskSwitched = 1 << 3;

    private bool MoveVector(DecodedForm form)
    {
        if ((_cpu.Cr0 & CoprocessorEmulation) != 0 || (_cpu.Cr4 & Cr4.OsFxsr) == 0)
            return Raise(Vectors.InvalidOpcode);
        if ((_cpu.Cr0 & TaskSwitched) != 0)
            return Raise(Vectors.DeviceNotAvailable);

        int size = form.First.Kind == OperandKind.Xmm ? form.Second.Size : form.First.Size;
        bool aligned = form.Operation == Operation.VectorMoveAligned && size == 16;
        if (form.First.Kind == OperandKind.Memory && !Resolve(_target, form.Segment, EffectiveAddress(form), size, write: true, aligned))
            return false;
        if (form.Second.Kind == OperandKind.Memory && !Resolve(_source, form.Segment, EffectiveAddress(form), size, write: false, aligned))
            return false;
        if (!MatchesExit())
            return false;

        if (form.First.Kind == OperandKind.Xmm)
            LoadVector(form, size);
        else
            StoreVector(form, size);
        return true;
    }

    private void LoadVector(DecodedForm form, int size)
    {
        ref ulong low = ref _cpu.Xmm[2 * form.First.Register];
        ref ulong high = ref _cpu.Xmm[(2 * form.First.Register) + 1];
        ulong sourceLow;
        ulong sourceHigh = 0;
        bool fromRegister = form.Second.Kind == OperandKind.Xmm;
        if (fromRegister)
        {
            sourceLow = _cpu.Xmm[2 * form.Second.Register];
            sourceHigh = _cpu.Xmm[(2 * form.Second.Register) + 1];
        }
        else if (form.Second.Kind == OperandKind.General)
        {
            sourceLow = Truncate(_cpu.Gpr[form.Second.Register], size);
        }
        else if (size == 16)
        {
            Load(_source, out sourceLow, out sourceHigh);
        }
        else
        {
            sourceLow = Load(_source);
        }

        switch (form.Operation)
        {
            case Operation.VectorScalarMove when fromRegister:
                // MOVSS and MOVSD between registers keep what lies above; the form's size does not tell the two apart, its immediate does.
                low = Merge64(low, sourceLow, (int)form.Immediate);
                break;
            case Operation.VectorLowMove:
                low = sourceLow;
                break;
            case Operation.VectorHighMove:
                high = sourceLow;
                break;
            case Operation.VectorDuplicate:
                low = sourceLow;
                high = sourceLow;
                break;
            case Operation.VectorZeroExtendMove or Operation.VectorScalarMove:
                low = sourceLow;
                high = 0;
                break;
            default:
                low = sourceLow;
                high = sourceHigh;
                break;
        }
    }

    private void StoreVector(DecodedForm form, int size)
    {
        ulong low = _cpu.Xmm[2 * form.Second.Register];
        ulong high = _cpu.Xmm[(2 * form.Second.Register) + 1];
        if (form.First.Kind == OperandKind.General)
            WriteRegister(form.First, Truncate(low, size));
        else if (size == 16)
            Store(_target, low, high);
        else
            Store(_target, form.Operation == Operation.VectorHighMove ? high : Truncate(low, size));
    }

    private static ulong Merge64(ulong old, ulong value, int size) => size == 4 ? (old & 0xffff_ffff_0000_0000) | (uint)value : value;
}
