namespace Kilonova.Kernel;

/// <summary>
/// The two 8259 interrupt controllers of a PC. Unused: moved away from the exceptions, so that a late spurious interrupt is not taken for
/// one, and masked.
/// </summary>
public static class Pic
{
    private const ushort MasterCommand = 0x20;
    private const ushort MasterData = 0x21;
    private const ushort SlaveCommand = 0xa0;
    private const ushort SlaveData = 0xa1;
    private const byte Initialize = 0x11;
    private const byte CascadePin = 2;
    private const byte Mode8086 = 1;

    /// <summary>Boot CPU, with interrupts off.</summary>
    public static void Disable()
    {
        Port.Write8(MasterCommand, Initialize);
        Port.Write8(SlaveCommand, Initialize);
        Port.Write8(MasterData, (byte)Vectors.FirstDevice);
        Port.Write8(SlaveData, (byte)(Vectors.FirstDevice + 8));
        Port.Write8(MasterData, 1 << CascadePin);
        Port.Write8(SlaveData, CascadePin);
        Port.Write8(MasterData, Mode8086);
        Port.Write8(SlaveData, Mode8086);
        Port.Write8(MasterData, 0xff);
        Port.Write8(SlaveData, 0xff);
    }
}
