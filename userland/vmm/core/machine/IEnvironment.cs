// What a machine asks of the place it runs in. On the host tests play this part, in a component the runtime does.
namespace Kilonova.Vmm;

/// <summary>Guest time.</summary>
public interface IClock
{
    /// <summary>Nanoseconds since the machine was made. Never goes back, does not run while the machine is paused.</summary>
    ulong Now { get; }
}

/// <summary>Wakes the thread that runs a <see cref="TimerQueue"/>.</summary>
public interface IAlarm
{
    /// <summary>Replaces the time at which <see cref="TimerQueue.Run"/> is to be called next.</summary>
    /// <param name="deadline">In nanoseconds of the queue's <see cref="IClock"/>; <see cref="TimerQueue.Never"/> for no call.</param>
    void Set(ulong deadline);
}

/// <summary>Gets a virtual CPU's attention from any CPU. Must not block.</summary>
public interface IKick
{
    /// <summary>Makes the virtual CPU look at its pending events: recalls it if it runs, wakes it if it halts.</summary>
    void Kick();
}

/// <summary>Wall-clock time for the battery-backed clock.</summary>
public interface IWallClock
{
    /// <summary>Seconds since 1970-01-01 00:00 UTC at <see cref="IClock.Now"/> = 0.</summary>
    long SecondsAtStart { get; }
}

/// <summary>Why a guest wants its machine to stop or start again.</summary>
public enum MachineRequest
{
    /// <summary>Power off (ACPI S5).</summary>
    PowerOff,

    /// <summary>Reset of the whole machine.</summary>
    Reset,

    /// <summary>The guest did what no machine survives, such as a triple fault on a machine that is told to stop then.</summary>
    Crash,
}

/// <summary>Hears what guests ask of the machine as a whole.</summary>
public interface IMachineControl
{
    /// <summary>Called from a virtual CPU's own exit. Only notes the wish; the machine is stopped or reset after the exit.</summary>
    void Request(MachineRequest request);
}
