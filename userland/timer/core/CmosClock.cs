// The real-time clock of a PC (Motorola MC146818; Intel ICH9 data sheet, section 13.6).
using System;

namespace Kilonova.Timer;

/// <summary>The clock's registers.</summary>
public interface ICmos
{
    /// <summary>Reads a register, 0 to 127.</summary>
    byte Read(byte register);
}

/// <summary>Reads the time of day.</summary>
public static class CmosClock
{
    private const byte Seconds = 0;
    private const byte Minutes = 2;
    private const byte Hours = 4;
    private const byte Day = 7;
    private const byte Month = 8;
    private const byte Year = 9;
    private const byte StatusA = 0xa;
    private const byte StatusB = 0xb;

    // Where firmware keeps the century; the FADT may say otherwise, but nobody has it elsewhere.
    private const byte Century = 0x32;

    private const byte UpdateInProgress = 1 << 7;
    private const byte Binary = 1 << 2;
    private const byte TwentyFour = 1 << 1;
    private const byte Afternoon = 1 << 7;

    // An update takes 2 ms of each second; a register takes a microsecond or more to read.
    private const int Patience = 100_000;

    private const int Registers = 7;

    /// <summary>Reads it twice until both are the same, so that no update comes between.</summary>
    /// <param name="cmos">The registers.</param>
    /// <param name="seconds">Seconds since 1970-01-01 00:00 UTC, if the clock holds UTC.</param>
    /// <returns>False where there is no clock, or it shows what is no time.</returns>
    public static bool TryRead<TCmos>(TCmos cmos, out ulong seconds)
        where TCmos : struct, ICmos
    {
        Span<byte> first = stackalloc byte[Registers];
        Span<byte> second = stackalloc byte[Registers];
        for (var left = Patience; left > 0; left -= Registers)
        {
            if ((cmos.Read(StatusA) & UpdateInProgress) != 0)
                continue;

            ReadAll(cmos, first);
            if ((cmos.Read(StatusA) & UpdateInProgress) != 0)
                continue;

            ReadAll(cmos, second);
            if (first.SequenceEqual(second))
                return TryDecode(first, cmos.Read(StatusB), out seconds);
        }

        seconds = 0;
        return false;
    }

    private static void ReadAll<TCmos>(TCmos cmos, Span<byte> values)
        where TCmos : struct, ICmos
    {
        ReadOnlySpan<byte> registers = [Seconds, Minutes, Hours, Day, Month, Year, Century];
        for (var i = 0; i < Registers; i++)
            values[i] = cmos.Read(registers[i]);
    }

    private static bool TryDecode(ReadOnlySpan<byte> values, byte status, out ulong seconds)
    {
        var isBinary = (status & Binary) != 0;
        var isAfternoon = (status & TwentyFour) == 0 && (values[2] & Afternoon) != 0;
        var hour = Number((byte)((status & TwentyFour) == 0 ? values[2] & ~Afternoon : values[2]), isBinary);
        if ((status & TwentyFour) == 0)
            hour = hour % 12 + (isAfternoon ? 12u : 0);

        var (second, minute) = (Number(values[0], isBinary), Number(values[1], isBinary));
        var (day, month) = (Number(values[3], isBinary), Number(values[4], isBinary));
        var (year, century) = (Number(values[5], isBinary), Number(values[6], isBinary));

        // Who keeps no century shows something else, or nothing, there.
        year += century is >= 19 and <= 29 ? century * 100 : 2000;
        var isTime = second < 60 && minute < 60 && hour < 24 && day is >= 1 and <= 31 && month is >= 1 and <= 12 && year is >= 1970 and < 3000;
        seconds = isTime ? ((DaysBefore(year, month, day) * 24 + hour) * 60 + minute) * 60 + second : 0;
        return isTime;
    }

    private static uint Number(byte value, bool isBinary) => isBinary ? value : (uint)((value >> 4) * 10 + (value & 15));

    // Days from 1970-01-01. Years begin in March, so that the leap day comes last.
    private static ulong DaysBefore(uint year, uint month, uint day)
    {
        const uint DaysTo1970 = 719468;
        const uint DaysOf400Years = 146097;
        if (month <= 2)
            year--;

        var era = year / 400;
        var yearOfEra = year % 400;
        var dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        return era * DaysOf400Years + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - DaysTo1970;
    }
}
