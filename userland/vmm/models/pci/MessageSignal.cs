// The MSI capability of a function with one message (PCI Local Bus 3.0, section 6.8.1).
namespace Kilonova.Vmm.Models;

/// <summary>One message-signalled interrupt with a 64-bit address. Guarded by the function's lock.</summary>
public sealed class MessageSignal
{
    /// <summary>Bytes of the capability.</summary>
    public const int Size = 14;

    private const int Control = 2;
    private const int AddressLow = 4;
    private const int AddressHigh = 8;
    private const int Data = 12;
    private const byte Enable = 1;
    private const byte Is64Bit = 0x80;

    private readonly PciFunction _function;
    private readonly int _offset;

    /// <summary>Declares the capability's registers.</summary>
    /// <param name="function">Whose capability it is.</param>
    /// <param name="offset">Where it is in configuration space.</param>
    public MessageSignal(PciFunction function, int offset)
    {
        _function = function;
        _offset = offset;
        function.Define(offset + Control, Is64Bit, Enable);
        function.Define(offset + AddressLow, 0, 0xfc);
        for (int i = 1; i < 8; i++)
            function.Define(offset + AddressLow + i, 0, 0xff);
        function.Define(offset + Data, 0, 0xff);
        function.Define(offset + Data + 1, 0, 0xff);
    }

    /// <summary>The guest uses the message instead of the interrupt pin.</summary>
    public bool IsEnabled => (_function.Get16(_offset + Control) & Enable) != 0;

    /// <summary>Sends the message, unless the function may not write to memory.</summary>
    public void Send()
    {
        if (_function.IsBusMaster)
        {
            ulong address = _function.Get32(_offset + AddressLow) | ((ulong)_function.Get32(_offset + AddressHigh) << 32);
            _function.SendMessage(address, _function.Get16(_offset + Data));
        }
    }
}
