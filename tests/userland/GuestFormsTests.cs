using System;
using System.Globalization;
using System.IO;
using Kilonova.Boot;
using Xunit;
using static Kilonova.Userland.Tests.ManifestLines;

namespace Kilonova.Userland.Tests;

/// <summary>
/// Random instructions in 16 and 32-bit code, in ring 3 of a guest: the processor leaves them in the state in which the emulator does, faults
/// included. On Bochs, for QEMU knows no limits of segments. Those in 64-bit code are compared on the host (NativeComparisonTests).
/// </summary>
public class GuestFormsTests
{
    [Fact]
    public void Ten_thousand_random_forms_in_16_and_32_bit_code_end_in_the_processors_state() => Compare(20240124, 10_000);

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    /// <summary>Compares so many forms.</summary>
    internal static void Compare(int seed, int count)
    {
        string kernel = GuestKernel.Make("tests/userland/guests/forms.S");
        string name = $"forms-{count}.bin";
        FormRecords records = new(seed);
        records.Write(Path.Combine(Repository.Out, "guests", name), count);
        Assert.InRange(records.Faults, count / 100, count / 4);

        BochsSpec spec = new(BootPath.Syslinux, "corei7_skylake_x", 1) { Memory = 512 };
        using World world = World.OnBochs($"forms-{count}", ConsoleOnSerial + Guest("forms", kernel, name, "forms", 64, monitor: "multiboot"), spec, s_patience);
        string verdict = world.Expect("forms: hello", "forms: ");
        string[] words = verdict[verdict.IndexOf("forms: ", StringComparison.Ordinal)..].Split(' ');
        int agreed = int.Parse(words[1], CultureInfo.InvariantCulture);
        Assert.True(agreed == count, $"{verdict}, seed {seed}: {records.Texts[Math.Min(agreed, count - 1)]}");
    }
}
