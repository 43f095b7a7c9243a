using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using Kilonova.Abi;
using Kilonova.Kernel;
using Xunit;

namespace Kilonova.Virtualization.Tests;

/// <summary>Fields of the VMCS and entries of extended page tables.</summary>
public class VmxEncodingTests
{
    private const uint Control = 0;
    private const uint ReadOnly = 1;
    private const uint Guest = 2;
    private const uint Host = 3;

    private static Dictionary<string, uint> Fields() =>
        typeof(VmcsField).GetFields(BindingFlags.Public | BindingFlags.Static)
            .ToDictionary(field => field.Name, field => (uint)field.GetRawConstantValue()!);

    /// <summary>Bits 11-10 of an encoding (SDM volume 3, table 25-21).</summary>
    private static uint KindOf(string name)
    {
        string[] readOnly =
        [
            "GuestPhysicalAddress", "GuestLinearAddress", "InstructionError", "ExitReason", "ExitInterruption", "ExitInterruptionError",
            "Vectoring", "VectoringError", "ExitInstructionLength", "ExitInstructionInfo", "Qualification",
        ];
        string[] guest = ["LinkPointer", "Interruptibility", "Activity", "PendingDebugExceptions"];
        return readOnly.Contains(name) ? ReadOnly
            : name.StartsWith("Host", System.StringComparison.Ordinal) ? Host
            : name.StartsWith("Guest", System.StringComparison.Ordinal) || guest.Contains(name) ? Guest
            : Control;
    }

    [Fact]
    public void A_fields_encoding_tells_its_kind() =>
        Assert.All(Fields(), field => Assert.Equal((field.Key, KindOf(field.Key)), (field.Key, field.Value >> 10 & 3)));

    [Fact]
    public void Fields_differ_and_are_accessed_whole()
    {
        Dictionary<string, uint> fields = Fields();
        Assert.Equal(fields.Count, fields.Values.Distinct().Count());
        Assert.All(fields.Values, field => Assert.Equal(0u, field & 0x9001));
    }

    [Theory]
    [InlineData("R", (uint)MemoryPermissions.R, "31")]
    [InlineData("RW", (uint)(MemoryPermissions.R | MemoryPermissions.W), "33")]
    [InlineData("W", (uint)MemoryPermissions.W, "33")]
    [InlineData("RX", (uint)(MemoryPermissions.R | MemoryPermissions.XU), "435")]
    [InlineData("all", (uint)MemoryPermissions.All, "437")]
    public void Permissions_become_bits(string name, uint permissions, string bits)
    {
        Ept.IsModeBased = false;
        ulong expected = ulong.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Assert.Equal((name, expected), (name, Ept.Attributes(permissions, 0)));
    }

    [Fact]
    public void With_control_by_mode_fetches_of_user_and_supervisor_differ()
    {
        Ept.IsModeBased = true;
        Assert.Equal(0x431ul, Ept.Attributes((uint)(MemoryPermissions.R | MemoryPermissions.XU), 0));
        Assert.Equal(0x35ul, Ept.Attributes((uint)(MemoryPermissions.R | MemoryPermissions.XS), 0));
        Ept.IsModeBased = false;
    }

    [Theory]
    [InlineData(Cacheability.WB, 6ul)]
    [InlineData(Cacheability.WT, 4ul)]
    [InlineData(Cacheability.WC, 1ul)]
    [InlineData(Cacheability.UC, 0ul)]
    [InlineData(Cacheability.WP, 5ul)]
    public void Cacheability_becomes_a_memory_type(Cacheability cacheability, ulong type) =>
        Assert.Equal(type, Ept.Attributes(1, (uint)cacheability) >> 3 & 7);

    [Fact]
    public void A_pointer_says_write_back_and_four_levels() => Assert.Equal(0x1234_501eul, Ept.Pointer(0x1234_5000));
}
