using System;
using Kilonova.Abi;
using Kilonova.Formats.Acpi;

namespace Kilonova.Runtime;

/// <summary>Tables of ACPI, for the root task's first thread.</summary>
public static unsafe class FirmwareTables
{
    /// <summary>Finds and checks a table that the root table lists.</summary>
    /// <param name="signature">See <see cref="AcpiSignature"/>.</param>
    /// <returns>The table; empty when there is none that is sound.</returns>
    public static ReadOnlySpan<byte> Find(uint signature)
    {
        var memory = default(PhysicalMemory);
        var address = RootTask.Hip->AcpiRsdp;
        if (address == HypervisorInformationPage.NotPresent)
            return ReadOnlySpan<byte>.Empty;

        var rsdp = Rsdp.Read(memory, address, out var status);
        if (status != AcpiStatus.Ok)
            return ReadOnlySpan<byte>.Empty;

        var root = AcpiRoot.Read(memory, rsdp, out var rootAddress, out status);
        if (status != AcpiStatus.Ok)
            return ReadOnlySpan<byte>.Empty;

        var table = AcpiRoot.Find(memory, root, rootAddress, signature, out status);
        return status == AcpiStatus.Ok ? table : ReadOnlySpan<byte>.Empty;
    }
}
