namespace Kilonova.Sigma0;

/// <summary>
/// Who calls, in the identifier of a portal that a component was born with: the component, which of its lives, the CPU, and for events
/// the event.
/// </summary>
internal readonly struct Identity
{
    private const int ComponentShift = 48;
    private const int LifeShift = 16;
    private const ulong LifeMask = 0xffff_ffff;
    private const int CpuShift = 8;
    private const ulong ByteMask = 0xff;

    internal Identity(ulong value) => Value = value;

    internal Identity(int component, ulong life, uint cpu) =>
        Value = ((ulong)component << ComponentShift) | ((life & LifeMask) << LifeShift) | (cpu << CpuShift);

    internal ulong Value { get; }

    internal int Component => (int)(Value >> ComponentShift);

    internal ulong Life => (Value >> LifeShift) & LifeMask;

    internal uint Cpu => (uint)((Value >> CpuShift) & ByteMask);

    internal uint Event => (uint)(Value & ByteMask);
}
