namespace Kilonova.Registers;

/// <summary>
/// A window of device registers. Every access reaches the device exactly once, whole, in program order. Offsets are in bytes and multiples
/// of the access; one outside the window is a defect of the driver and does not return.
/// </summary>
public interface IRegisters
{
    /// <summary>Size in bytes.</summary>
    int Length { get; }

    /// <summary>Reads 32 bits.</summary>
    uint Read32(int offset);

    /// <summary>Writes 32 bits.</summary>
    void Write32(int offset, uint value);
}
