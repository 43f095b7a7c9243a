// Memory operands: segmentation, paging, and the way to memory or a device.
using System;
using System.Buffers.Binary;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Emulation;

public sealed partial class Emulator
{
    // One memory operand, translated. Remembers its last page for the elements of a string instruction.
    private sealed class Access
    {
        public ulong Physical;
        public ulong Tail;
        public int HeadSize;
        public int Size;
        public bool Write;

        public bool HasPage;
        public bool PageWritable;
        public ulong PageLinear;
        public ulong PagePhysical;

        public void Forget()
        {
            HasPage = false;
            Size = 0;
        }
    }

    // The offset within its segment that a form's addressing mode yields.
    private ulong EffectiveAddress(DecodedForm form)
    {
        ulong offset = form.Displacement;
        if (form.Base == DecodedForm.InstructionPointer)
            offset += _cpu.Rip;
        else if (form.Base >= 0)
            offset += _cpu.Gpr[form.Base];
        if (form.Index >= 0)
            offset += _cpu.Gpr[form.Index] * form.Scale;
        return Truncate(offset, form.AddressSize);
    }

    private static ulong Truncate(ulong value, int size) => size switch
    {
        1 => (byte)value,
        2 => (ushort)value,
        4 => (uint)value,
        _ => value,
    };

    // Checks an operand against segment, canonicality, alignment and pages. Touches nothing but accessed and dirty bits.
    private bool Resolve(Access access, int segment, ulong offset, int size, bool write, bool aligned = false)
    {
        if (!TryLinear(segment, offset, size, write, out ulong linear))
            return false;
        if (aligned && (linear & (ulong)(size - 1)) != 0)
            return Raise(Vectors.GeneralProtection, 0);
        if (_user && size <= 8 && (linear & (ulong)(size - 1)) != 0 && (_cpu.Rflags & Rflags.AlignmentCheck) != 0
            && (_cpu.Cr0 & Cr0.AlignmentMask) != 0)
            return Raise(Vectors.AlignmentCheck, 0);

        access.Size = size;
        access.Write = write;
        access.HeadSize = (int)Math.Min((ulong)size, PageMask + 1 - (linear & PageMask));
        if (access.HasPage && access.HeadSize == size && (linear & ~PageMask) == access.PageLinear && (access.PageWritable || !write))
        {
            access.Physical = access.PagePhysical | (linear & PageMask);
            return true;
        }

        PageAccess wanted = (write ? PageAccess.Write : 0) | (_user ? PageAccess.User : 0);
        if (!Walk(linear, wanted, out access.Physical))
            return false;
        access.HasPage = true;
        access.PageWritable = write;
        access.PageLinear = linear & ~PageMask;
        access.PagePhysical = access.Physical & ~PageMask;
        if (access.HeadSize == size)
            return true;

        ulong next = linear + (ulong)access.HeadSize;
        if (!_cpu.Is64Bit)
            next = (uint)next;
        return Walk(next, wanted, out access.Tail);
    }

    private bool TryLinear(int segment, ulong offset, int size, bool write, out ulong linear)
    {
        ref Segment register = ref _cpu.Segments[segment];
        bool stack = segment == (int)SegmentRegister.Ss;
        if (_cpu.Is64Bit)
        {
            linear = offset;
            if (segment >= (int)SegmentRegister.Fs)
                linear += register.Base;
            if (IsCanonical(linear) && IsCanonical(linear + (ulong)size - 1))
                return true;
            return Raise(stack ? Vectors.StackFault : Vectors.GeneralProtection, 0);
        }

        linear = (uint)(register.Base + offset);
        bool allowed = register.Covers(offset, size);
        if (!_cpu.IsRealOrVirtual8086)
            allowed &= !register.IsUnusable && (write ? register.IsWritable : register.IsReadable);
        return allowed || Raise(stack ? Vectors.StackFault : Vectors.GeneralProtection, 0);
    }

    // Called once all operands are resolved: if the exit named an access, the instruction must be one that makes it.
    private bool MatchesExit()
    {
        if (!_hint.HasAccess || Makes(_source) || Makes(_target))
        {
            // Later elements of a string instruction go elsewhere.
            _hint.HasAccess = false;
            return true;
        }

        return Fail(EmulationStatus.Retry);
    }

    private bool Makes(Access access)
    {
        if (access.Size == 0 || (_hint.IsWrite && !access.Write))
            return false;
        return Touches(access.Physical, access.HeadSize) || Touches(access.Tail, access.Size - access.HeadSize);
    }

    private bool Touches(ulong physical, int size)
    {
        if (size <= 0)
            return false;
        return _hint.IsExact ? _hint.Address - physical < (ulong)size : ((_hint.Address ^ physical) & ~PageMask) == 0;
    }

    private ulong Load(Access access)
    {
        if (access.HeadSize == access.Size)
            return LoadPhysical(access.Physical, access.Size);
        ulong value = 0;
        for (int i = 0; i < access.Size; i++)
            value |= LoadPhysical(PhysicalOf(access, i), 1) << (8 * i);
        return value;
    }

    private void Store(Access access, ulong value)
    {
        if (access.HeadSize == access.Size)
        {
            StorePhysical(access.Physical, access.Size, value);
            return;
        }

        for (int i = 0; i < access.Size; i++)
            StorePhysical(PhysicalOf(access, i), 1, (value >> (8 * i)) & 0xff);
    }

    // Sixteen bytes, as two quadwords or byte by byte over a page border.
    private void Load(Access access, out ulong low, out ulong high)
    {
        if (access.HeadSize == access.Size)
        {
            low = LoadPhysical(access.Physical, 8);
            high = LoadPhysical(access.Physical + 8, 8);
            return;
        }

        Span<byte> bytes = stackalloc byte[16];
        for (int i = 0; i < 16; i++)
            bytes[i] = (byte)LoadPhysical(PhysicalOf(access, i), 1);
        low = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        high = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Slice(8));
    }

    private void Store(Access access, ulong low, ulong high)
    {
        if (access.HeadSize == access.Size)
        {
            StorePhysical(access.Physical, 8, low);
            StorePhysical(access.Physical + 8, 8, high);
            return;
        }

        for (int i = 0; i < 16; i++)
            StorePhysical(PhysicalOf(access, i), 1, ((i < 8 ? low : high) >> (8 * (i & 7))) & 0xff);
    }

    private static ulong PhysicalOf(Access access, int index) =>
        index < access.HeadSize ? access.Physical + (ulong)index : access.Tail + (ulong)(index - access.HeadSize);

    private ulong LoadPhysical(ulong physical, int size)
    {
        if (LocalDevice is not null && physical - LocalDeviceBase <= PageMask)
            return LocalDevice.ReadMmio(physical - LocalDeviceBase, size);
        return _memory.TryLoad(physical, size, out ulong value) ? value : _mmio.Read(physical, size);
    }

    private void StorePhysical(ulong physical, int size, ulong value)
    {
        value = Truncate(value, size);
        if (LocalDevice is not null && physical - LocalDeviceBase <= PageMask)
            LocalDevice.WriteMmio(physical - LocalDeviceBase, size, value);
        else if (!_memory.TryStore(physical, size, value))
            _mmio.Write(physical, size, value);
    }

    // A locked update of memory must not lose what another CPU stores in between. False: the value has changed and is now in `found`.
    private bool TryReplace(Access access, ref ulong found, ulong value)
    {
        if (access.Size is 4 or 8 && access.HeadSize == access.Size && (access.Physical & (ulong)(access.Size - 1)) == 0)
        {
            ulong expected = found;
            if (_memory.TryCompareExchange(access.Physical, access.Size, ref found, Truncate(value, access.Size)))
                return found == expected;
        }

        Store(access, value);
        return true;
    }
}
