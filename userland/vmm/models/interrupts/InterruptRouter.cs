// Where the interrupt lines of a PC end: in the 8259 pair and in the I/O APIC at the same time.
namespace Kilonova.Vmm.Models;

/// <summary>
/// Global system interrupts 0 to 23. 0 to 15 are the ISA interrupts (0 is the I/O APIC's input 2, as the MADT says); 16 to 19 are the
/// PCI pins A to D, which appear at the 8259 pair as interrupts 10 and 11.
/// </summary>
public sealed class InterruptRouter : ILineSink
{
    /// <summary>The line of PCI's INTA.</summary>
    public const int FirstPci = 16;

    /// <summary>Number of PCI lines.</summary>
    public const int PciLines = 4;

    private const int TimerInput = 2;
    private const int FirstPciIsa = 10;

    private readonly ILineSink _pic;
    private readonly ILineSink _ioApic;
    private readonly SharedLines _isaPci;
    private readonly InterruptLine[] _pciToIsa = new InterruptLine[PciLines];

    /// <summary>Lays the wires.</summary>
    public InterruptRouter(ILineSink pic, ILineSink ioApic, ILock guard)
    {
        _pic = pic;
        _ioApic = ioApic;
        _isaPci = new SharedLines(pic, FirstPciIsa, 2, guard);
        for (int i = 0; i < PciLines; i++)
            _pciToIsa[i] = _isaPci.Connect(i & 1, i >> 1);
    }

    /// <summary>The ISA interrupt that a PCI pin has at the 8259 pair.</summary>
    /// <param name="pin">0 for INTA to 3 for INTD at the bus.</param>
    public static int IsaInterrupt(int pin) => FirstPciIsa + (pin & 1);

    /// <summary>The wire of a device.</summary>
    public InterruptLine Connect(int line) => new InterruptLine(this, line);

    /// <inheritdoc/>
    public void SetLine(int line, bool asserted)
    {
        if (line < FirstPci)
            _pic.SetLine(line, asserted);
        else if (line < FirstPci + PciLines)
            _pciToIsa[line - FirstPci].Set(asserted);
        _ioApic.SetLine(line == 0 ? TimerInput : line, asserted);
    }
}
