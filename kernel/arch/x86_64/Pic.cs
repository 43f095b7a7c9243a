namespace Kilonova.Kernel;

/// <summary>
/// The two 8259 interrupt controllers of a PC. Unused: moved away from the exceptions, so that a late spurious interrupt is not taken for
/// one, and masked.
/// </summary>
public static class Pic
{
    private const byte MasterCommand = 0x20;
    private const byte MasterData = 0x21;
    private const byte SlaveCommand = 0xa0;
    private const byte SlaveData = 0xa1;
    private const byte Initialize = 0x11;
    private const byte CascadePin = 2;
    private const byte Mode8086 = 1;

    /// <summary>Ports and what is written to them.</summary>
    private static ReadOnlySpan<byte> Sequence =>
    [
        MasterCommand, Initialize, SlaveCommand, Initialize,
        MasterData, Vectors.FirstDevice, SlaveData, Vectors.FirstDevice + 8,
        MasterData, 1 << CascadePin, SlaveData, CascadePin,
        MasterData, Mode8086, SlaveData, Mode8086,
        MasterData, 0xff, SlaveData, 0xff,
    ];

    /// <summary>Boot CPU, with interrupts off.</summary>
    public static void Disable() => Port.WriteAll(0, Sequence);
}
