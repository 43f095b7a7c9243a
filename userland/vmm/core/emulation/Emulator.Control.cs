// MOV to and from control registers, decoded for processors whose exits do not say which registers they are about.
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Emulation;

/// <summary>A MOV between a general and a control register.</summary>
public sealed class ControlMove
{
    /// <summary>Number of the control register.</summary>
    public int Control { get; internal set; }

    /// <summary>Number of the general register.</summary>
    public int General { get; internal set; }

    /// <summary>The control register is written.</summary>
    public bool IsWrite { get; internal set; }

    /// <summary>Bytes of the instruction.</summary>
    public int Length { get; internal set; }
}

public sealed partial class Emulator
{
    /// <summary>Decodes the instruction at CS:RIP, which was a MOV to or from a control register when it led to an exit.</summary>
    /// <param name="cpu">Registers; CR2 changes with a page fault.</param>
    /// <param name="move">Gets what it is, if the outcome is <see cref="EmulationStatus.Done"/>.</param>
    /// <returns>
    /// <see cref="EmulationStatus.Unsupported"/>: it is another one by now, or a form of it that this processor does not have.
    /// </returns>
    public EmulationStatus DecodeControlMove(CpuState cpu, ControlMove move)
    {
        _cpu = cpu;
        _user = cpu.Cpl == 3;
        _failure = EmulationStatus.Done;
        DecodedForm? form = Fetch();
        if (form is null)
            return _failure;
        if (form.Operation != Operation.MoveControl)
            return EmulationStatus.Unsupported;

        bool isWrite = form.First.Kind == OperandKind.Control;
        Operand control = isWrite ? form.First : form.Second;
        Operand general = isWrite ? form.Second : form.First;
        (move.Control, move.General) = (control.Register, general.Register);
        (move.IsWrite, move.Length) = (isWrite, form.Length);
        return EmulationStatus.Done;
    }
}
