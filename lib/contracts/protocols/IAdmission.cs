// Who gets how much of a CPU. docs/services.md.
using System;

namespace Kilonova.Contracts;

/// <summary>How urgent work is. Reservations of a class go before those of the ones below; all go before work without reservation.</summary>
public enum TimeClass : uint
{
    /// <summary>Whenever nothing else is to do.</summary>
    Background = 0,

    /// <summary>What is in no hurry.</summary>
    Normal = 1,

    /// <summary>What others wait for.</summary>
    Service = 2,

    /// <summary>What devices wait for.</summary>
    Driver = 3,

    /// <summary>What the world outside waits for.</summary>
    Realtime = 4,
}

/// <summary>What became of a request for time.</summary>
public enum AdmissionVerdict : uint
{
    /// <summary>It is granted.</summary>
    Admitted = 0,

    /// <summary>A budget of nothing, of more than 65535 microseconds or than its period, or a period of more than 16.7 seconds.</summary>
    BadParameters = 1,

    /// <summary>The CPU, the client or the component has as many as can be.</summary>
    TooMany = 2,

    /// <summary>With what is promised already, the budget would not be there in each period.</summary>
    CannotBeMet = 3,

    /// <summary>Something that is promised already would not be there in each period.</summary>
    BreaksAnother = 4,

    /// <summary>There is no such CPU, or the kernel refuses the thread: it has time already, or is none.</summary>
    NoThread = 5,
}

/// <summary>The service "admission": the only component that gives threads time.</summary>
[Protocol(0x6164_6d69, version: 1)]
public interface IAdmission
{
    /// <summary>Gives a thread time, until the session ends or it is given back. A thread that gets its first time starts.</summary>
    /// <param name="thread">The thread, with the right to bind time to it.</param>
    /// <param name="cpu">Its CPU.</param>
    /// <param name="timeClass">How urgent it is.</param>
    /// <param name="budget">Microseconds in each period, enforced; 0 together with a period of 0 for turns with whoever else has none.</param>
    /// <param name="period">Microseconds.</param>
    /// <param name="verdict">What became of it.</param>
    /// <param name="grant">Its number if it is granted.</param>
    [Operation(1)]
    ContractStatus Admit(
        [Delegated] ObjectRange thread, uint cpu, TimeClass timeClass, uint budget, uint period, out AdmissionVerdict verdict, out ulong grant);

    /// <summary>Gives time back: its thread stops.</summary>
    [Operation(2)]
    ContractStatus Release(ulong grant);

    /// <summary>Says who has time.</summary>
    /// <param name="index">Its place, from 0 on.</param>
    /// <param name="owner">The component that asked for it.</param>
    /// <param name="length">Bytes of its name; 0 where nobody has this place.</param>
    /// <param name="cpu">The CPU.</param>
    /// <param name="timeClass">How urgent it is.</param>
    /// <param name="budget">Microseconds in each period, 0 for none.</param>
    /// <param name="period">Microseconds.</param>
    /// <param name="consumed">Ticks of the system time counter that have been used of it.</param>
    /// <returns>NotFound behind the last place.</returns>
    [Operation(3)]
    ContractStatus Describe(
        uint index, [MaxLength(32)] Span<byte> owner, out int length, out uint cpu, out TimeClass timeClass, out uint budget,
        out uint period, out ulong consumed);

    /// <summary>How much of a CPU is reserved, in thousandths, the system's own share included; NotFound where there is no such CPU.</summary>
    [Operation(4)]
    ContractStatus ReadCpu(uint cpu, out uint permille);
}
