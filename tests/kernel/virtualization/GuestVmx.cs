using Kilonova.Abi;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Virtualization;

/// <summary>
/// Lets scripts know one vendor's events only: on VMX, numbers and qualifications become those that SVM has for the same cause. Events that
/// only VMX has keep their number, beyond <see cref="Own"/>.
/// </summary>
internal static unsafe class GuestVmx
{
    /// <summary>Added to the number of an event that SVM does not have.</summary>
    internal const uint Own = 0x1000;

    /// <summary>Whether this machine has VMX.</summary>
    internal static bool Is => (RootTask.Hip->Features & PlatformFeatures.VMX) != 0;

    /// <summary>Each vendor has its own instruction by which guests call: VMMCALL becomes VMCALL.</summary>
    internal static void Patch(byte* code, ulong size)
    {
        for (var i = 0ul; Is && i + 2 < size; i++)
        {
            if (code[i] == 0x0f && code[i + 1] == 0x01 && code[i + 2] == 0xd9)
                code[i + 2] = 0xc1;
        }
    }

    /// <summary>The number by which a script knows an event.</summary>
    internal static uint Translate(uint number, ArchitecturalState* state)
    {
        if (!Is || number >= GuestEvent.Count)
            return number;

        switch (number)
        {
            case VmxEvent.ExceptionOrNmi:
                state->Qualification2 = state->Qualification1;
                state->Qualification1 = state->InterruptionError;
                return SvmEvent.Exception + (state->InterruptionInfo & InterruptionInfo.VectorMask);
            case VmxEvent.IoAccess:
                TranslatePort(state);
                return SvmEvent.Io;
            case VmxEvent.Rdmsr:
            case VmxEvent.Wrmsr:
                state->Qualification1 = number - VmxEvent.Rdmsr;
                return SvmEvent.Msr;
            default:
                return TranslateCause(number);
        }
    }

    private static uint TranslateCause(uint number) => number switch
    {
        VmxEvent.TripleFault => SvmEvent.Shutdown,
        VmxEvent.InterruptWindow => SvmEvent.InterruptWindow,
        VmxEvent.NmiWindow => SvmEvent.NmiWindow,
        VmxEvent.TaskSwitch => SvmEvent.TaskSwitch,
        VmxEvent.Cpuid => SvmEvent.Cpuid,
        VmxEvent.Hlt => SvmEvent.Hlt,
        VmxEvent.Invd => SvmEvent.Invd,
        VmxEvent.Invlpg => SvmEvent.Invlpg,
        VmxEvent.Rdpmc => SvmEvent.Rdpmc,
        VmxEvent.Rdtsc => SvmEvent.Rdtsc,
        VmxEvent.Vmcall => SvmEvent.Vmmcall,
        VmxEvent.EntryFailureState => SvmEvent.Invalid,
        VmxEvent.Mwait => SvmEvent.Mwait,
        VmxEvent.Monitor => SvmEvent.Monitor,
        VmxEvent.Pause => SvmEvent.Pause,
        VmxEvent.EptViolation => SvmEvent.NestedPageFault,
        VmxEvent.Rdtscp => SvmEvent.Rdtscp,
        VmxEvent.Wbinvd => SvmEvent.Wbinvd,
        VmxEvent.Xsetbv => SvmEvent.Xsetbv,
        _ => Own + number,
    };

    // SDM volume 3, table 28-5, to APM volume 2, figure 15-2.
    private static void TranslatePort(ArchitecturalState* state)
    {
        var access = state->Qualification1;
        var size = (access & 7) + 1;
        state->Qualification1 = (access & 0xffff_0000) | (size << 4) | (access >> 3 & 1) | (access >> 2 & 0xc);
        state->Qualification2 = state->RIP + state->InstructionLength;
    }
}
