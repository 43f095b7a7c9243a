using Kilonova.Formats.Acpi;

namespace Kilonova.Kernel;

/// <summary>
/// The I/O APICs (Intel 82093AA datasheet, section 3): pins, numbered by their global system interrupt, that turn wires into messages.
/// All are masked until <see cref="Route"/>. Registers are guarded by the lock of the interrupt table.
/// </summary>
public static unsafe class IoApic
{
    private const int MaxUnits = 64;
    private const uint MaxPin = 1024;

    private const uint VersionRegister = 1;
    private const uint FirstEntry = 0x10;
    private const nint Window = 0x10;

    private const uint Masked = 1u << 16;
    private const uint Level = 1u << 15;
    private const uint ActiveLow = 1u << 13;

    /// <summary>Upper half of an entry in remappable format (VT-d specification 4.1, section 5.1.2.1).</summary>
    private const uint Remappable = 1u << 16;
    private const int RemapIndexShift = 17;

    private static Units s_units;
    private static int s_count;

    /// <summary>Number of pins: one more than the largest global system interrupt.</summary>
    public static uint Pins { get; private set; }

    /// <summary>Boot CPU: finds all units, masks all pins.</summary>
    public static void Initialize()
    {
        s_count = 0;
        Pins = 0;
        ReadOnlySpan<byte> table = Platform.Madt;
        uint cursor = 0;
        for (ReadOnlySpan<byte> entry = Madt.Next(table, ref cursor); !entry.IsEmpty; entry = Madt.Next(table, ref cursor))
        {
            if (Madt.Type(entry) == MadtType.IoApic)
                Add(Madt.IoApicAddress(entry), Madt.IoApicBase(entry), Madt.IoApicId(entry));
        }

        Log.Line(LogLevel.Info, "% I/O APICs with pins up to %"u8, (uint)s_count, Pins == 0 ? 0 : Pins - 1);
    }

    /// <summary>Programs a pin: where its interrupt goes, and how it is signalled.</summary>
    public static void Route(uint pin, uint vector, uint cpu, bool level, bool activeLow, bool masked)
    {
        int unit = UnitOf(pin);
        if (unit < 0)
            return;

        // Only IDs of 8 bits can be addressed; the pin stays masked otherwise.
        uint id = Cpu.Of(cpu)->Arch.ApicId;
        uint high = id << 24;
        if (Iommu.RemapsInterrupts)
        {
            Iommu.Remap(pin, s_units.Source[unit], vector, id, level);
            id = 0;
            high = Remappable | (pin << RemapIndexShift);
        }

        nint registers = (nint)s_units.Registers[unit];
        uint index = FirstEntry + (2 * (pin - s_units.First[unit]));
        uint low = vector | (level ? Level : 0) | (activeLow ? ActiveLow : 0) | (masked || id > 254 ? Masked : 0);
        Write(registers, index, low | Masked);
        Write(registers, index + 1, high);
        Write(registers, index, low);
    }

    private static void Add(uint physical, uint first, uint id)
    {
        if (s_count == MaxUnits || physical == 0)
        {
            Log.Warning("an I/O APIC is left out"u8);
            return;
        }

        nint registers = KernelSpace.MapMmio(physical, 0x20);
        uint version = Read(registers, VersionRegister);
        uint pins = ((version >> 16) & 0xff) + 1;
        if (version == uint.MaxValue || first > MaxPin - pins)
        {
            Log.Warning("an I/O APIC does not answer, or has numbers that cannot be right"u8);
            return;
        }

        for (uint pin = 0; pin < pins; pin++)
        {
            Write(registers, FirstEntry + (2 * pin), Masked);
            Write(registers, FirstEntry + (2 * pin) + 1, 0);
        }

        s_units.Registers[s_count] = (ulong)registers;
        s_units.First[s_count] = first;
        s_units.Count[s_count] = pins;
        s_units.Source[s_count] = DeviceScopes.SourceOfIoApic(id);
        s_count++;
        Pins = Math.Max(Pins, first + pins);
        ProtectedMemory.Add(physical, physical + 1);
    }

    private static int UnitOf(uint pin)
    {
        for (int i = 0; i < s_count; i++)
        {
            if (pin >= s_units.First[i] && pin - s_units.First[i] < s_units.Count[i])
                return i;
        }

        return -1;
    }

    private static uint Read(nint registers, uint index)
    {
        Mmio.Write32(registers, index);
        return Mmio.Read32(registers + Window);
    }

    private static void Write(nint registers, uint index, uint value)
    {
        Mmio.Write32(registers, index);
        Mmio.Write32(registers + Window, value);
    }

    private struct Units
    {
        public fixed ulong Registers[MaxUnits];

        /// <summary>Who sends the unit's messages, as an IOMMU sees it.</summary>
        public fixed ulong Source[MaxUnits];
        public fixed uint First[MaxUnits];
        public fixed uint Count[MaxUnits];
    }
}
