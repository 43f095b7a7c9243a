using System;
using System.Diagnostics.CodeAnalysis;
using Kilonova.Abi;
using Kilonova.Formats.Acpi;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>Ends the machine. In an emulator with an exit port the emulator's exit code tells success from failure.</summary>
public static class PowerOff
{
    /// <summary>QEMU's isa-debug-exit device, where the emulator ends with code 2v+1; elsewhere nothing listens there.</summary>
    public const uint ExitPort = 0xf4;

    /// <summary>Value for a run that succeeded.</summary>
    public const uint Success = 0;

    /// <summary>Value for a run that failed.</summary>
    public const uint Failure = 1;

    private const uint S5 = 5;

    /// <summary>Ends the emulator, or else switches the machine off.</summary>
    [DoesNotReturn]
    public static void Now(uint value)
    {
        var nova = new PioSpace(RootSelectors.NovaPioSpace);
        if (nova.Delegate(new PioSpace(RootSelectors.PioSpace), ExitPort, 2) == Status.SUCCESS)
            Ports.Out32(ExitPort, value);

        FindS5(out var a, out var b);
        var status = Platform.Sleep(S5, a, b);
        Log.Write($"power off failed: {StatusText.Name(status)}");
        Faults.Sleep();
    }

    // \_S5 is a package of integers, whose first two are meant: NameOp, path, PackageOp, length, count, values (ACPI 6.5, section 20.2).
    // Without it 0 is tried, which is right on every machine that has no other value.
    private static void FindS5(out uint a, out uint b)
    {
        a = 0;
        b = 0;
        var dsdt = ReadDsdt();
        for (var i = 0; i + 16 < dsdt.Length; i++)
        {
            if (dsdt[i] != '_' || dsdt[i + 1] != 'S' || dsdt[i + 2] != '5' || dsdt[i + 3] != '_' || dsdt[i + 4] != 0x12)
                continue;

            // The two upper bits of the first length byte count the further ones; one byte follows for the number of elements.
            var at = i + 5 + (dsdt[i + 5] >> 6) + 2;
            a = Integer(dsdt, ref at) & 7;
            b = Integer(dsdt, ref at) & 7;
            return;
        }
    }

    // ZeroOp, OneOp, or BytePrefix with a byte.
    private static uint Integer(ReadOnlySpan<byte> aml, ref int at)
    {
        uint value = at < aml.Length ? aml[at++] : 0u;
        return value == 0x0a && at < aml.Length ? aml[at++] : value;
    }

    private static ReadOnlySpan<byte> ReadDsdt()
    {
        var fadt = FirmwareTables.Find(AcpiSignature.Fadt);
        return fadt.IsEmpty ? fadt : AcpiTable.Read(default(PhysicalMemory), Fadt.Dsdt(fadt), AcpiSignature.Dsdt, out _);
    }
}
