namespace Kilonova.Kernel.Tests;

/// <summary>Turns the small numbers that FsCheck makes, and shrinks, into bits that choose operations and operands.</summary>
internal static class Operations
{
    /// <summary>Spreads a number over 32 bits (the finalizer of MurmurHash3).</summary>
    public static uint Mix(int number)
    {
        uint x = (uint)number + 0x9e37_79b9;
        x = (x ^ (x >> 16)) * 0x85eb_ca6b;
        x = (x ^ (x >> 13)) * 0xc2b2_ae35;
        return x ^ (x >> 16);
    }
}
