// Executes the guest instructions that touch devices (Intel SDM volume 2, AMD APM volume 3). This part fetches, decodes and completes.
using System;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Emulation;

/// <summary>
/// The instruction emulator of one virtual CPU. An instruction is executed as a whole or, when it faults, not at all: every byte that
/// it touches is translated and checked before the first one is read or written; only repeated string instructions stop between
/// elements, as on the processor. Guest memory is read once per access. Allocates nothing after construction.
/// </summary>
public sealed partial class Emulator
{
    private const ulong PageMask = 0xfff;
    private const ulong SingleStep = 1 << 14;

    private readonly GuestMemory _memory;
    private readonly MmioBus _mmio;
    private readonly PortBus _ports;
    private readonly PageWalker _walker;
    private readonly DecodeCache _cache = new DecodeCache();
    private readonly byte[] _fetched = new byte[DecodeCache.MaximumLength];
    private readonly Access _source = new Access();
    private readonly Access _target = new Access();

    // Valid during one call of Execute.
    private CpuState _cpu;
    private AccessHint _hint;
    private bool _user;
    private EmulationStatus _failure;

    /// <summary>Makes an emulator.</summary>
    /// <param name="memory">Guest memory.</param>
    /// <param name="mmio">Memory-mapped devices; they are asked where there is no memory.</param>
    /// <param name="ports">Port devices, for the string forms of IN and OUT.</param>
    /// <param name="walker">This CPU's page walker.</param>
    public Emulator(GuestMemory memory, MmioBus mmio, PortBus ports, PageWalker walker)
    {
        _memory = memory;
        _mmio = mmio;
        _ports = ports;
        _walker = walker;
        _cpu = new CpuState();
    }

    /// <summary>The exception to inject after <see cref="EmulationStatus.Fault"/>.</summary>
    public byte FaultVector { get; private set; }

    /// <summary>Whether the exception pushes <see cref="FaultErrorCode"/>.</summary>
    public bool FaultHasErrorCode { get; private set; }

    /// <summary>The exception's error code.</summary>
    public uint FaultErrorCode { get; private set; }

    /// <summary>Page of registers that only this CPU sees, the local APIC's; null if none is mapped.</summary>
    public IMmioDevice? LocalDevice { get; set; }

    /// <summary>Guest-physical address of <see cref="LocalDevice"/>, 4 KiB aligned.</summary>
    public ulong LocalDeviceBase { get; set; }

    /// <summary>Most elements of a repeated string instruction before the guest gets a chance to take interrupts.</summary>
    public int RepeatLimit { get; set; } = 1024;

    /// <summary>Instructions that had to be decoded because the cache did not have them.</summary>
    public ulong DecodedInstructions => _cache.Decoded;

    /// <summary>Fetches, decodes and executes the instruction at CS:RIP.</summary>
    /// <param name="cpu">Registers, changed only if the outcome says so.</param>
    /// <param name="hint">What is known about the exit.</param>
    public EmulationStatus Execute(CpuState cpu, in AccessHint hint)
    {
        _cpu = cpu;
        _hint = hint;
        _user = cpu.Cpl == 3;
        _failure = EmulationStatus.Done;
        _source.Forget();
        _target.Forget();

        DecodedForm? form = Fetch();
        if (form is null)
            return _failure;
        if (hint.InstructionLength != 0 && hint.InstructionLength != form.Length)
            return EmulationStatus.Retry;
        if (form.Operation == Operation.Unsupported || (form.Locked && form.First.Kind != OperandKind.Memory))
            return EmulationStatus.Unsupported;

        bool trap = (cpu.Rflags & Rflags.Trap) != 0;
        if (!Run(form))
            return _failure;
        if (_failure == EmulationStatus.Partial)
            return EmulationStatus.Partial;

        Learn(form, cpu.Rip);
        if (form.Operation is not (Operation.Call or Operation.Jmp))
            SetInstructionPointer(NextInstruction(form));
        cpu.InterruptShadow = false;
        cpu.Rflags &= ~Rflags.Resume;
        if (!trap)
            return EmulationStatus.Done;
        cpu.Dr6 |= SingleStep;
        Raise(Vectors.Debug);
        return EmulationStatus.Fault;
    }

    /// <summary>
    /// Moves on over an instruction that the exit itself described (CPUID, IN, MSR accesses and so on), as <see cref="Execute"/> does.
    /// </summary>
    /// <returns><see cref="EmulationStatus.Done"/>, or <see cref="EmulationStatus.Fault"/> with the trap of a single step.</returns>
    public EmulationStatus Skip(CpuState cpu, int length)
    {
        _cpu = cpu;
        SetInstructionPointer(cpu.Rip + (ulong)length);
        cpu.InterruptShadow = false;
        cpu.Rflags &= ~Rflags.Resume;
        if ((cpu.Rflags & Rflags.Trap) == 0)
            return EmulationStatus.Done;
        cpu.Dr6 |= SingleStep;
        Raise(Vectors.Debug);
        return EmulationStatus.Fault;
    }

    /// <summary>
    /// The length of the instruction at CS:RIP if it begins with a given opcode behind prefixes, for processors that do not tell
    /// (SVM without next RIP); 0 if the bytes are others by now.
    /// </summary>
    /// <param name="cpu">Registers.</param>
    /// <param name="opcode">One or more opcode bytes.</param>
    public int MeasureInstruction(CpuState cpu, ReadOnlySpan<byte> opcode)
    {
        _cpu = cpu;
        _user = cpu.Cpl == 3;
        DecodedForm? form = Fetch();
        if (form is null)
            return 0;
        int at = 0;
        while (at < form.Length && IsPrefix(_fetched[at], cpu.Is64Bit))
            at++;
        if (form.Length - at < opcode.Length)
            return 0;
        return new ReadOnlySpan<byte>(_fetched, at, opcode.Length).SequenceEqual(opcode) ? form.Length : 0;
    }

    private static bool IsPrefix(byte value, bool is64Bit) =>
        value is 0x26 or 0x2e or 0x36 or 0x3e or 0x64 or 0x65 or 0x66 or 0x67 or 0xf0 or 0xf2 or 0xf3
        || (is64Bit && (value & 0xf0) == 0x40);

    // Bytes are taken to the end of the page first: the next page counts only if the instruction reaches it.
    private DecodedForm? Fetch()
    {
        int bitness = _cpu.Bitness;
        ref Segment cs = ref _cpu.Segments[(int)SegmentRegister.Cs];
        ulong linear = _cpu.Rip;
        int limit = DecodeCache.MaximumLength;
        if (bitness != 64)
        {
            linear = (uint)(cs.Base + (uint)_cpu.Rip);
            ulong left = (uint)_cpu.Rip > cs.Limit ? 0 : cs.Limit - (ulong)(uint)_cpu.Rip + 1;
            limit = (int)Math.Min((ulong)limit, left);
        }

        int first = (int)Math.Min((ulong)limit, PageMask + 1 - (linear & PageMask));
        if (limit == 0)
        {
            Raise(Vectors.GeneralProtection, 0);
            return null;
        }

        if (!FetchBytes(linear, 0, first))
            return null;
        DecodedForm? form = _cache.Find(new ReadOnlySpan<byte>(_fetched, 0, first), bitness, _cpu.Rip);
        if (form is not null || first == limit)
        {
            if (form is null)
                Raise(Vectors.GeneralProtection, 0);
            return form;
        }

        ulong next = linear + (ulong)first;
        if (!FetchBytes(bitness == 64 ? next : (uint)next, first, limit - first))
            return null;
        form = _cache.Find(new ReadOnlySpan<byte>(_fetched, 0, limit), bitness, _cpu.Rip);
        if (form is null)
            Raise(Vectors.GeneralProtection, 0);
        return form;
    }

    private bool FetchBytes(ulong linear, int at, int count)
    {
        if (_cpu.Is64Bit && !IsCanonical(linear))
            return Raise(Vectors.GeneralProtection, 0);
        PageAccess access = PageAccess.Fetch | (_user ? PageAccess.User : 0);
        if (!Walk(linear, access, out ulong physical))
            return false;
        // Code outside memory was not what the processor fetched.
        if (!_memory.Read(physical, new Span<byte>(_fetched, at, count)))
            return Fail(EmulationStatus.NoMemory);
        return true;
    }

    private bool Walk(ulong linear, PageAccess access, out ulong physical)
    {
        WalkStatus status = _walker.Translate(_cpu, linear, access, out physical, out uint errorCode);
        if (status == WalkStatus.Ok)
            return true;
        if (status == WalkStatus.NoMemory)
            return Fail(EmulationStatus.NoMemory);
        _cpu.Cr2 = linear;
        return Raise(Vectors.PageFault, errorCode);
    }

    private ulong NextInstruction(DecodedForm form) => _cpu.Rip + form.Length;

    private void SetInstructionPointer(ulong value)
    {
        int bitness = _cpu.Bitness;
        _cpu.Rip = bitness == 64 ? value : bitness == 32 ? (uint)value : _cpu.IsRealOrVirtual8086 ? (ushort)value : (uint)value;
    }

    private bool IsCanonical(ulong linear)
    {
        int unused = (_cpu.Cr4 & Cr4.LinearAddress57) != 0 ? 7 : 16;
        return (ulong)((long)(linear << unused) >> unused) == linear;
    }

    private bool Raise(byte vector)
    {
        FaultVector = vector;
        FaultHasErrorCode = false;
        FaultErrorCode = 0;
        return Fail(EmulationStatus.Fault);
    }

    private bool Raise(byte vector, uint errorCode)
    {
        Raise(vector);
        FaultHasErrorCode = true;
        FaultErrorCode = errorCode;
        return false;
    }

    private bool Fail(EmulationStatus status)
    {
        _failure = status;
        return false;
    }
}
