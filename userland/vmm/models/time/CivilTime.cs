// The Gregorian calendar.
namespace Kilonova.Vmm.Models;

/// <summary>A date and time without a zone.</summary>
public readonly struct CivilTime
{
    private const long SecondsPerDay = 86_400;
    private const int DaysPerEra = 146_097;

    // Days from 0000-03-01 to 1970-01-01.
    private const int EpochDays = 719_468;

    // Small enough for two registers: threads without vector registers return it.
    private readonly byte _month;
    private readonly byte _day;
    private readonly byte _weekday;
    private readonly byte _hour;
    private readonly byte _minute;
    private readonly byte _second;

    private CivilTime(int year, int month, int day, int weekday, int secondOfDay)
    {
        Year = year;
        _month = (byte)month;
        _day = (byte)day;
        _weekday = (byte)weekday;
        _hour = (byte)(secondOfDay / 3600);
        _minute = (byte)(secondOfDay / 60 % 60);
        _second = (byte)(secondOfDay % 60);
    }

    public int Year { get; }

    /// <summary>1 to 12.</summary>
    public int Month => _month;

    /// <summary>1 to 31.</summary>
    public int Day => _day;

    /// <summary>0 is Sunday.</summary>
    public int Weekday => _weekday;

    public int Hour => _hour;

    public int Minute => _minute;

    public int Second => _second;

    /// <summary>The date and time that lie some seconds after 1970-01-01 00:00.</summary>
    public static CivilTime FromSeconds(long seconds)
    {
        long days = seconds / SecondsPerDay;
        int rest = (int)(seconds % SecondsPerDay);
        if (rest < 0)
        {
            rest += (int)SecondsPerDay;
            days--;
        }

        // Years begin in March, so that the leap day is the last one.
        long shifted = days + EpochDays;
        long era = (shifted >= 0 ? shifted : shifted - DaysPerEra + 1) / DaysPerEra;
        int dayOfEra = (int)(shifted - (era * DaysPerEra));
        int yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        int dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        int shiftedMonth = ((5 * dayOfYear) + 2) / 153;
        int month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
        int year = (int)(yearOfEra + (era * 400)) + (month <= 2 ? 1 : 0);
        int weekday = (int)(((days % 7) + 11) % 7);
        return new CivilTime(year, month, dayOfYear - (((153 * shiftedMonth) + 2) / 5) + 1, weekday, rest);
    }

    /// <summary>Seconds from 1970-01-01 to a date; months and days out of their range carry over.</summary>
    public static long ToSeconds(int year, int month, int day)
    {
        year += (month - 1) / 12;
        month = ((month - 1) % 12) + 1;
        if (month < 1)
        {
            month += 12;
            year--;
        }

        int shiftedYear = month <= 2 ? year - 1 : year;
        int era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400;
        int yearOfEra = shiftedYear - (era * 400);
        int dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9)) + 2) / 5) + day - 1;
        int dayOfEra = (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear;
        return (((long)era * DaysPerEra) + dayOfEra - EpochDays) * SecondsPerDay;
    }
}
