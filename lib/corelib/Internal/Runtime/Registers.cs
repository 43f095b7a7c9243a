// What unwinding restores: the registers that a function must preserve, the stack pointer and the place to go on.
using System.Runtime.InteropServices;

namespace Internal.Runtime;

/// <summary>The layout is mirrored in exceptions.S. Copied by <see cref="CopyTo"/>, never by assignment, which would use XMM.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Registers
{
    internal nuint Rbx;
    internal nuint Rbp;
    internal nuint R12;
    internal nuint R13;
    internal nuint R14;
    internal nuint R15;
    internal nuint Rsp;

    /// <summary>A return address: the call itself lies before it.</summary>
    internal nuint Rip;

    internal readonly void CopyTo(Registers* destination) =>
        Memory.memmove((byte*)destination, (byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in this)), (nuint)sizeof(Registers));
}
