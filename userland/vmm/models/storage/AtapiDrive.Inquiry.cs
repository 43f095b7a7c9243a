// What a drive says of itself and of the disc in it (Multi-Media Commands 5, chapter 6; SCSI Primary Commands 3, chapter 6).
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

public sealed partial class AtapiDrive
{
    private const byte CdDevice = 5;
    private const byte LeadOut = 0xaa;
    private const ushort ProfileCdRom = 0x0008;
    private const ushort ProfileDvdRom = 0x0010;

    // Discs that do not fit a CD of 80 minutes are DVDs.
    private const uint CdBlocks = 80 * 60 * 75;

    private void ExecuteInquiry(AhciSlot slot, ReadOnlySpan<byte> packet)
    {
        Span<byte> reply = _reply;
        reply.Clear();
        switch (packet[0])
        {
            case ScsiCommand.TEST_UNIT_READY:
            case ScsiCommand.SEEK_10:
                if (RequireDisc(slot))
                    Accept(slot);
                break;
            case ScsiCommand.SET_CD_SPEED:
                Accept(slot);
                break;
            case ScsiCommand.REQUEST_SENSE:
                ReportSense(slot, reply, packet[4]);
                break;
            case ScsiCommand.INQUIRY:
                Inquire(slot, reply, packet);
                break;
            case ScsiCommand.READ_CAPACITY:
                if (!RequireDisc(slot))
                    break;
                BinaryPrimitives.WriteUInt32BigEndian(reply, Blocks - 1);
                BinaryPrimitives.WriteUInt32BigEndian(reply.Slice(4), BlockSize);
                Reply(slot, reply.Slice(0, 8), 8);
                break;
            case ScsiCommand.READ_TOC:
                if (RequireDisc(slot))
                    ReadToc(slot, reply, packet);
                break;
            case ScsiCommand.GET_CONFIGURATION:
                Configure(slot, reply, packet);
                break;
            case ScsiCommand.GET_EVENT_STATUS_NOTIFICATION:
                ReportEvents(slot, reply, packet);
                break;
            case ScsiCommand.READ_DISC_INFORMATION:
                if (RequireDisc(slot))
                    DescribeDisc(slot, reply, AllocatedBytes(packet));
                break;
            case ScsiCommand.MODE_SENSE_10:
                SenseMode(slot, reply, packet);
                break;
            case ScsiCommand.MECHANISM_STATUS:
                reply[5] = 1;
                Reply(slot, reply.Slice(0, 8), BinaryPrimitives.ReadUInt16BigEndian(packet.Slice(8)));
                break;
            default:
                Refuse(slot, ScsiSense.InvalidCommand);
                break;
        }
    }

    private static int AllocatedBytes(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt16BigEndian(packet.Slice(7));

    // Fixed format (SPC-3, section 4.5.3). Telling forgets.
    private void ReportSense(AhciSlot slot, Span<byte> reply, int allocated)
    {
        const int Length = 18;
        reply[0] = 0x70;
        reply[2] = (byte)((uint)_sense >> 16);
        reply[7] = Length - 8;
        reply[12] = (byte)((uint)_sense >> 8);
        reply[13] = (byte)_sense;
        _sense = ScsiSense.None;
        Reply(slot, reply.Slice(0, Length), allocated);
    }

    private void Inquire(AhciSlot slot, Span<byte> reply, ReadOnlySpan<byte> packet)
    {
        const int Length = 36;
        if ((packet[1] & 1) != 0 || packet[2] != 0)
        {
            Refuse(slot, ScsiSense.InvalidField);
            return;
        }

        reply[0] = CdDevice;
        reply[1] = 0x80;
        reply[2] = 5;
        reply[3] = 0x32;
        reply[4] = Length - 5;
        PutText(reply.Slice(8, 8), "Kilonova");
        PutText(reply.Slice(16, 16), _identity.Model ?? "");
        PutText(reply.Slice(32, 4), _identity.Firmware ?? "");
        Reply(slot, reply.Slice(0, Length), BinaryPrimitives.ReadUInt16BigEndian(packet.Slice(3)));
    }

    private static void PutText(Span<byte> field, string text)
    {
        for (int i = 0; i < field.Length; i++)
            field[i] = i < text.Length ? (byte)text[i] : (byte)' ';
    }

    // One session with one data track; formats 0 (tracks) and 1 (sessions).
    private void ReadToc(AhciSlot slot, Span<byte> reply, ReadOnlySpan<byte> packet)
    {
        bool minutes = (packet[1] & 2) != 0;
        int format = packet[2] & 0xf;
        if (format == 0 && packet[2] == 0)
            format = packet[9] >> 6;
        byte first = packet[6];
        int length = 4;
        if (format > 1 || (format == 0 && first > 1 && first != LeadOut))
        {
            Refuse(slot, ScsiSense.InvalidField);
            return;
        }

        reply[2] = 1;
        reply[3] = 1;
        if (format == 1 || first <= 1)
            length = PutTrack(reply, length, 1, 0, minutes);
        if (format == 0)
            length = PutTrack(reply, length, LeadOut, Blocks, minutes);
        BinaryPrimitives.WriteUInt16BigEndian(reply, (ushort)(length - 2));
        Reply(slot, reply.Slice(0, length), AllocatedBytes(packet));
    }

    private static int PutTrack(Span<byte> reply, int at, byte number, uint block, bool minutes)
    {
        const uint LeadIn = 150;
        const byte DataTrack = 0x14;
        reply[at + 1] = DataTrack;
        reply[at + 2] = number;
        uint frame = block + LeadIn;
        BinaryPrimitives.WriteUInt32BigEndian(
            reply.Slice(at + 4), minutes ? (frame / (60 * 75) << 16) | (frame / 75 % 60 << 8) | (frame % 75) : block);
        return at + 8;
    }

    // Feature descriptors that a read-only drive must have (MMC-5, chapter 5): profiles, core, morphing, removable medium, random read.
    private void Configure(AhciSlot slot, Span<byte> reply, ReadOnlySpan<byte> packet)
    {
        int first = BinaryPrimitives.ReadUInt16BigEndian(packet.Slice(2));
        int kind = packet[1] & 3;
        if (kind == 3)
        {
            Refuse(slot, ScsiSense.InvalidField);
            return;
        }

        ushort profile = (ushort)(!HasDisc ? 0 : Blocks > CdBlocks ? ProfileDvdRom : ProfileCdRom);
        BinaryPrimitives.WriteUInt16BigEndian(reply.Slice(6), profile);
        int length = 8;
        Span<byte> profiles = stackalloc byte[8];
        profiles.Clear();
        PutProfile(profiles, 0, ProfileDvdRom, profile);
        PutProfile(profiles, 4, ProfileCdRom, profile);
        length = PutFeature(reply, length, 0x0000, 0x03, profiles, first, kind);
        length = PutFeature(reply, length, 0x0001, 0x0b, [0, 0, 0, 7, 1, 0, 0, 0], first, kind);
        length = PutFeature(reply, length, 0x0002, 0x07, [2, 0, 0, 0], first, kind);
        length = PutFeature(reply, length, 0x0003, 0x03, [0x39, 0, 0, 0], first, kind);
        if (profile != 0)
            length = PutFeature(reply, length, 0x0010, 0x01, [0, 0, 8, 0, 0, 1, 0, 0], first, kind);
        BinaryPrimitives.WriteUInt32BigEndian(reply, (uint)length - 4);
        Reply(slot, reply.Slice(0, length), AllocatedBytes(packet));
    }

    private static void PutProfile(Span<byte> profiles, int at, ushort profile, ushort current)
    {
        BinaryPrimitives.WriteUInt16BigEndian(profiles.Slice(at), profile);
        profiles[at + 2] = (byte)(profile == current ? 1 : 0);
    }

    // Kind 0 asks for all features from the first on, 1 for those that are current (here all), 2 for the first one only.
    private static int PutFeature(Span<byte> reply, int at, ushort code, byte flags, ReadOnlySpan<byte> data, int first, int kind)
    {
        if (code < first || (kind == 2 && code != first))
            return at;
        BinaryPrimitives.WriteUInt16BigEndian(reply.Slice(at), code);
        reply[at + 2] = flags;
        reply[at + 3] = (byte)data.Length;
        data.CopyTo(reply.Slice(at + 4));
        return at + 4 + data.Length;
    }

    // Only polling of the media class (MMC-5, section 6.7).
    private void ReportEvents(AhciSlot slot, Span<byte> reply, ReadOnlySpan<byte> packet)
    {
        const byte Polled = 1;
        const byte MediaClass = 4;
        const byte NoEvent = 0x80;
        if ((packet[1] & Polled) == 0)
        {
            Refuse(slot, ScsiSense.InvalidField);
            return;
        }

        bool media = (packet[4] & (1 << MediaClass)) != 0;
        int length = media ? 8 : 4;
        BinaryPrimitives.WriteUInt16BigEndian(reply, (ushort)(length - 2));
        reply[2] = media ? MediaClass : NoEvent;
        reply[3] = 1 << MediaClass;
        reply[5] = (byte)((_trayOpen ? 1 : 0) | (HasDisc ? 2 : 0));
        Reply(slot, reply.Slice(0, length), AllocatedBytes(packet));
    }

    private void DescribeDisc(AhciSlot slot, Span<byte> reply, int allocated)
    {
        const int Length = 34;
        BinaryPrimitives.WriteUInt16BigEndian(reply, Length - 2);
        // Complete disc, last session complete.
        reply[2] = 0x0e;
        reply[3] = 1;
        reply[4] = 1;
        reply[5] = 1;
        reply[6] = 1;
        reply[7] = 0x20;
        Reply(slot, reply.Slice(0, Length), allocated);
    }

    // The error recovery page and the capabilities page (MMC-5, appendix E.3).
    private void SenseMode(AhciSlot slot, Span<byte> reply, ReadOnlySpan<byte> packet)
    {
        const int Header = 8;
        const byte ErrorRecovery = 0x01;
        const byte Capabilities = 0x2a;
        const byte AllPages = 0x3f;
        int page = packet[2] & 0x3f;
        if (packet[2] >> 6 == 3 || page is not (ErrorRecovery or Capabilities or AllPages))
        {
            Refuse(slot, ScsiSense.InvalidField);
            return;
        }

        int length = Header;
        reply[2] = HasDisc ? (byte)0x12 : (byte)0x70;
        if (page != Capabilities)
        {
            reply[length] = ErrorRecovery;
            reply[length + 1] = 6;
            reply[length + 3] = 5;
            length += 8;
        }

        if (page != ErrorRecovery)
        {
            reply[length] = Capabilities;
            reply[length + 1] = 18;
            // Reads CD-R, CD-RW, DVD-ROM, DVD-R.
            reply[length + 2] = 0x1b;
            reply[length + 4] = 0x70;
            // Tray, ejects, locks; and whether it is locked.
            reply[length + 6] = (byte)(0x29 | (_locked ? 2 : 0));
            length += 20;
        }

        BinaryPrimitives.WriteUInt16BigEndian(reply, (ushort)(length - 2));
        Reply(slot, reply.Slice(0, length), AllocatedBytes(packet));
    }

    private void Identify(AhciSlot slot)
    {
        Span<byte> bytes = stackalloc byte[IdentifyData.Size];
        var data = new IdentifyData(bytes);
        // ATAPI CD-ROM, removable, answers at once, packets of 12 bytes.
        data[0] = 0x85c0;
        data.SetText(10, 10, _identity.Serial ?? "");
        data.SetText(23, 4, _identity.Firmware ?? "");
        data.SetText(27, 20, _identity.Model ?? "");
        data[49] = 0x0f00;
        data[53] = 0x0006;
        data[63] = 0x0007;
        data[64] = 0x0003;
        for (int i = 65; i <= 68; i++)
            data[i] = 120;
        data[76] = 0x0006;
        data[80] = 0x01f0;
        data[82] = 0x4210;
        data[83] = 0x4000;
        data[84] = 0x4000;
        data[85] = 0x4210;
        data[87] = 0x4000;
        data[88] = 0x203f;
        data.Seal();
        TransferStatus status = slot.CopyToGuest(bytes);
        if (status != TransferStatus.Done)
        {
            Port.Fail(status);
            return;
        }

        Port.AnnouncePio(slot, IdentifyData.Size, toGuest: true, interrupt: true);
        Succeed(slot);
    }
}
