using System;
using System.Collections.Generic;

namespace Kilonova.Kernel;

/// <summary>
/// A remapping unit (VT-d specification 4.1) that remembers everything it has ever walked until it is told to forget: what the kernel
/// forgets to invalidate, a device goes on reaching.
/// </summary>
public sealed unsafe class FakeVtd
{
    public const ulong FourLevels = 1ul << 10;
    public const ulong ThreeLevels = 1ul << 9;
    public const ulong LargePages = 3ul << 34;
    public const ulong CachingMode = 1ul << 7;

    private const int GlobalCommand = 0x18;
    private const int GlobalStatus = 0x1c;
    private const int RootTableAddress = 0x20;
    private const int FaultStatus = 0x34;
    private const int EventControl = 0x38;
    private const int QueueHead = 0x80;
    private const int QueueTail = 0x88;
    private const int QueueAddress = 0x90;
    private const int InterruptTable = 0xb8;
    private const int FirstRecord = 0x220;

    private const uint OneShot = 1u << 30 | 1u << 24;
    private const uint QueueError = 1 << 4;

    private static readonly Dictionary<ulong, FakeVtd> s_units = [];

    private readonly Dictionary<int, uint> _registers = [];
    private readonly Dictionary<(uint Requester, ulong Page, bool Write), (ulong Frame, ushort Domain)> _translations = [];
    private readonly Dictionary<uint, (ulong Low, ulong High)> _contexts = [];
    private readonly Dictionary<uint, (ulong Low, ulong High)> _interrupts = [];

    private FakeVtd(ulong capabilities, ulong extended)
    {
        Set64(0x08, capabilities | (ulong)(FirstRecord / 16) << 24 | 1ul << 40);
        Set64(0x10, extended);
    }

    /// <summary>Descriptors carried out, by type: 1 contexts, 2 translations, 4 interrupts, 5 waits.</summary>
    public List<ulong> Done { get; } = [];

    /// <summary>The next descriptors of the queue that are refused as erroneous.</summary>
    public int Refuses { get; set; }

    /// <summary>The unit does nothing any more.</summary>
    public bool IsDead { get; set; }

    public bool IsTranslating => (_registers[GlobalStatus] & 1u << 31) != 0;

    public bool RemapsInterrupts => (_registers.GetValueOrDefault(GlobalStatus) & 1u << 25) != 0;

    public bool ReportsFaults => (_registers.GetValueOrDefault(EventControl) & 1u << 31) == 0;

    public static FakeVtd Add(ulong address, ulong capabilities, ulong extended) => s_units[address] = new FakeVtd(capabilities, extended);

    public static void Clear() => s_units.Clear();

    public static FakeVtd At(ulong register) => s_units[register & ~0xffful];

    public uint Read(int register) => _registers.GetValueOrDefault(register);

    public void Write(int register, uint value)
    {
        switch (register)
        {
            case GlobalCommand:
                uint status = IsDead ? _registers.GetValueOrDefault(GlobalStatus) : value | (_registers.GetValueOrDefault(GlobalStatus) & OneShot);
                _registers[GlobalStatus] = status;
                break;
            case QueueTail:
                _registers[register] = value;
                RunQueue();
                break;
            case FaultStatus:
                _registers[register] = Read(register) & ~value;
                break;
            case FirstRecord + 12 or FirstRecord + 28:
                _registers[register] = Read(register) & ~(value & 1u << 31);
                if ((Read(FirstRecord + 12) | Read(FirstRecord + 28)) >> 31 == 0)
                    _registers[FaultStatus] = Read(FaultStatus) & ~2u;
                break;
            default:
                _registers[register] = value;
                if (register == QueueAddress)
                    _registers[QueueHead] = 0;
                break;
        }
    }

    /// <summary>A device's access. The physical address, or null and a fault.</summary>
    public ulong? Access(uint requester, ulong address, bool write)
    {
        (uint, ulong, bool) key = (requester & 0xffff, address >> 12, write);
        if (_translations.TryGetValue(key, out (ulong Frame, ushort Domain) known))
            return known.Frame | (address & 0xfff);

        (ulong low, ulong high) = Context(requester & 0xffff);
        if ((low & 1) == 0)
            return Fault(requester, address, write, 2, (low & 2) != 0);

        int levels = (int)(high & 7) + 2;
        ulong entry = low;
        for (int level = levels - 1; level >= 0; level--)
        {
            entry = Memory(entry & ~0xffful, (uint)(address >> (12 + (9 * level)) & 0x1ff));
            if ((entry & 1) == 0 || (write && (entry & 2) == 0))
                return Fault(requester, address, write, write ? 5u : 6u, (low & 2) != 0);

            if (level > 0 && (entry & 0x80) != 0)
            {
                entry += address & ((1ul << (12 + (9 * level))) - 1) & ~0xffful;
                break;
            }
        }

        _translations[key] = (entry & 0xf_ffff_ffff_f000, (ushort)(high >> 8));
        return _translations[key].Frame | (address & 0xfff);
    }

    /// <summary>A device's message. Destination and vector, or null.</summary>
    public (uint Destination, uint Vector, bool Level)? Message(uint requester, uint index)
    {
        if (!_interrupts.TryGetValue(index, out (ulong Low, ulong High) entry))
        {
            ulong table = Get64(InterruptTable) & ~0xffful;
            entry = (Memory(table, 2 * index), Memory(table, (2 * index) + 1));
            _interrupts[index] = entry;
        }

        bool verified = (entry.High >> 18 & 3) switch
        {
            0 => true,
            1 => (ushort)entry.High == (ushort)requester,
            _ => (requester >> 8 & 0xff) >= (entry.High >> 8 & 0xff) && (requester >> 8 & 0xff) <= (entry.High & 0xff),
        };
        if ((entry.Low & 1) != 0 && verified)
            return ((uint)(entry.Low >> 32), (uint)(entry.Low >> 16 & 0xff), (entry.Low & 16) != 0);

        _ = Fault(requester, (ulong)index << 48, true, verified ? 0x22u : 0x26u, (entry.Low & 2) != 0);
        return null;
    }

    private ulong? Fault(uint requester, ulong address, bool write, uint reason, bool silent)
    {
        if (silent)
            return null;

        int record = Read(FirstRecord + 12) >> 31 == 0 ? FirstRecord : FirstRecord + 16;
        if (Read(record + 12) >> 31 != 0)
        {
            _registers[FaultStatus] = Read(FaultStatus) | 1;
            return null;
        }

        Set64(record, address & ~0xffful);
        Set64(record + 8, (ushort)requester | (ulong)reason << 32 | (write ? 0 : 1ul << 62) | 1ul << 63);
        if ((Read(FaultStatus) & 2) == 0)
            _registers[FaultStatus] = Read(FaultStatus) & ~0xff00u | 2 | (uint)(record - FirstRecord) / 16 << 8;

        return null;
    }

    private (ulong Low, ulong High) Context(uint requester)
    {
        if (!_contexts.TryGetValue(requester, out (ulong Low, ulong High) context))
        {
            ulong bus = Memory(Get64(RootTableAddress), 2 * (requester >> 8));
            if ((bus & 1) != 0)
                context = (Memory(bus & ~0xffful, 2 * (requester & 0xff)), Memory(bus & ~0xffful, (2 * (requester & 0xff)) + 1));

            _contexts[requester] = context;
        }

        return context;
    }

    private void RunQueue()
    {
        while (!IsDead && (Read(GlobalStatus) & 1u << 26) != 0 && Read(QueueHead) != Read(QueueTail) && (Read(FaultStatus) & QueueError) == 0)
        {
            if (Refuses > 0)
            {
                Refuses--;
                _registers[FaultStatus] = Read(FaultStatus) | QueueError;
                return;
            }

            uint head = Read(QueueHead) / 16;
            ulong low = Memory(Get64(QueueAddress), 2 * head);
            CarryOut(low, Memory(Get64(QueueAddress), (2 * head) + 1));
            _registers[QueueHead] = (head + 1) % 256 * 16;
        }
    }

    private void CarryOut(ulong low, ulong high)
    {
        Done.Add(low & 0xf);
        uint granularity = (uint)(low >> 4 & 3);
        switch (low & 0xf)
        {
            case 1:
                _contexts.Clear();
                break;
            case 2 when granularity == 1:
                _translations.Clear();
                break;
            case 2:
                foreach (((uint Requester, ulong Page, bool Write) key, (ulong Frame, ushort Domain) known) in _translations)
                {
                    if (known.Domain == (ushort)(low >> 16))
                        _ = _translations.Remove(key);
                }

                break;
            case 4 when granularity == 0:
                _interrupts.Clear();
                break;
            case 4:
                _ = _interrupts.Remove((uint)(low >> 32 & 0xffff));
                break;
            case 5:
                *(uint*)FakeMachine.ToVirtual(high) = (uint)(low >> 32);
                break;
            default:
                throw new InvalidOperationException($"descriptor {low:x}");
        }
    }

    private static ulong Memory(ulong table, uint index) => ((ulong*)FakeMachine.ToVirtual(table))[index];

    private ulong Get64(int register) => Read(register) | (ulong)Read(register + 4) << 32;

    private void Set64(int register, ulong value)
    {
        _registers[register] = (uint)value;
        _registers[register + 4] = (uint)(value >> 32);
    }
}
