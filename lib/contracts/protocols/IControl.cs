// What the root task offers to whom the manifest lets use "control" and "log". docs/components.md.
using System;
using Kilonova.Abi;

namespace Kilonova.Contracts;

/// <summary>What a component does.</summary>
public enum ComponentState : uint
{
    /// <summary>It does not run and will not without being asked.</summary>
    Stopped = 0,

    /// <summary>It runs.</summary>
    Running = 1,

    /// <summary>It will be started again.</summary>
    Restarting = 2,

    /// <summary>It ended too often, or could not be started.</summary>
    GivenUp = 3,
}

/// <summary>What the guest of a component does.</summary>
public enum GuestCondition : uint
{
    /// <summary>The component has no guest.</summary>
    None = 0,

    /// <summary>Its machine is off: its monitor does not run.</summary>
    Off = 1,

    /// <summary>Its virtual CPUs run, or wait for interrupts.</summary>
    Running = 2,

    /// <summary>Its virtual CPUs are to stand still until somebody lets them go on.</summary>
    Paused = 3,
}

/// <summary>What somebody wants of a guest.</summary>
public enum GuestOrder : uint
{
    /// <summary>Its virtual CPUs are to stand still.</summary>
    Pause = 1,

    /// <summary>They are to go on.</summary>
    Resume = 2,

    /// <summary>Its machine is reset.</summary>
    Reset = 3,

    /// <summary>Its power button is pressed: the guest is asked to switch its machine off.</summary>
    PressButton = 4,

    /// <summary>Its machine is switched off, whatever the guest is doing.</summary>
    SwitchOff = 5,
}

/// <summary>The service "control": sees all components, starts and ends them, and has guests managed by their monitors.</summary>
[Protocol(0x6374_726c, version: 6)]
public interface IControl
{
    /// <summary>Says how a component is.</summary>
    /// <param name="index">Its number, from 0 on.</param>
    /// <param name="name">Its name.</param>
    /// <param name="length">Bytes of name.</param>
    /// <param name="state">What it does.</param>
    /// <param name="life">How often it was started.</param>
    /// <param name="crashes">How often it crashed.</param>
    /// <param name="memory">Pages of memory in use in the low half, of its quota in the high half.</param>
    /// <param name="kernelMemory">The same of kernel memory.</param>
    /// <param name="time">Ticks of the system time counter that its threads have used in this life.</param>
    /// <returns>NotFound behind the last component.</returns>
    [Operation(1)]
    ContractStatus Describe(
        uint index, [MaxLength(32)] Span<byte> name, out int length, out ComponentState state, out ulong life, out ulong crashes,
        out ulong memory, out ulong kernelMemory, out ulong time);

    /// <summary>Starts a component that does not run. Busy when it does, Failed when it cannot be started.</summary>
    [Operation(2)]
    ContractStatus Start([MaxLength(32)] ReadOnlySpan<byte> name);

    /// <summary>Ends a component for good.</summary>
    [Operation(3)]
    ContractStatus Stop([MaxLength(32)] ReadOnlySpan<byte> name);

    /// <summary>Ends a component as if it had failed: what follows is its restart policy's.</summary>
    [Operation(4)]
    ContractStatus Kill([MaxLength(32)] ReadOnlySpan<byte> name);

    /// <summary>Reads the report of a component's last crash.</summary>
    /// <param name="name">The component.</param>
    /// <param name="offset">Where in the report to begin.</param>
    /// <param name="text">UTF-8, lines ended by line feeds.</param>
    /// <param name="length">Bytes; 0 at the end.</param>
    /// <returns>NotFound when it has not crashed.</returns>
    [Operation(5)]
    ContractStatus ReadCrash([MaxLength(32)] ReadOnlySpan<byte> name, uint offset, [MaxLength(2048)] Span<byte> text, out int length);

    /// <summary>Reads a line of a component's log.</summary>
    /// <param name="name">The component.</param>
    /// <param name="back">0 for the newest line, 1 for the one before, and so on.</param>
    /// <param name="text">Its text.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="time">System time counter at which it was written.</param>
    /// <param name="level">What it is worth.</param>
    /// <returns>NotFound when there is none so old.</returns>
    [Operation(6)]
    ContractStatus ReadLog(
        [MaxLength(32)] ReadOnlySpan<byte> name, uint back, [MaxLength(128)] Span<byte> text, out int length, out ulong time, out LogLevel level);

    /// <summary>Pages of memory that nobody has, and pages of kernel memory that the root task still can hand out.</summary>
    [Operation(7)]
    ContractStatus ReadFree(out ulong pages, out ulong kernelPages);

    /// <summary>Prints what is left of the log and switches the machine off.</summary>
    [Operation(8)]
    ContractStatus PowerOff();

    /// <summary>Reads a counter of a component's, of this life or, while it does not run, of its last.</summary>
    /// <param name="name">The component.</param>
    /// <param name="index">Its number, from 0 on.</param>
    /// <param name="counter">Its name, printable ASCII.</param>
    /// <param name="length">Bytes of name.</param>
    /// <param name="value">What it has counted.</param>
    /// <returns>NotFound behind the last.</returns>
    [Operation(9)]
    ContractStatus ReadCounter(
        [MaxLength(32)] ReadOnlySpan<byte> name, uint index, [MaxLength(48)] Span<byte> counter, out int length, out ulong value);

    /// <summary>What the threads of a component's have done in this life, as they count it themselves. All 0 while it does not run.</summary>
    /// <param name="index">The component's number.</param>
    /// <param name="calls">Calls made through portals.</param>
    /// <param name="answers">Calls answered.</param>
    /// <param name="records">Records and packets published in rings.</param>
    /// <returns>NotFound behind the last component.</returns>
    [Operation(10)]
    ContractStatus ReadActivity(uint index, out ulong calls, out ulong answers, out ulong records);

    /// <summary>Says how the guest of a component is.</summary>
    /// <param name="index">The component's number.</param>
    /// <param name="monitor">The name of its monitor: "linux" of vmm-linux.elf.</param>
    /// <param name="length">Bytes of that.</param>
    /// <param name="condition">What the guest does; None when there is none, and all else is 0.</param>
    /// <param name="cpus">Virtual CPUs.</param>
    /// <param name="memory">Memory, in MiB.</param>
    /// <returns>NotFound behind the last component.</returns>
    [Operation(11)]
    ContractStatus DescribeGuest(
        uint index, [MaxLength(32)] Span<byte> monitor, out int length, out GuestCondition condition, out uint cpus, out uint memory);

    /// <summary>Has something done with a guest that runs; its monitor does it soon after.</summary>
    /// <returns>NotFound: no such component, no guest, or its machine is off. InvalidArgument: no such order.</returns>
    [Operation(12)]
    ContractStatus Order([MaxLength(32)] ReadOnlySpan<byte> name, GuestOrder order);

    /// <summary>Says anew what a guest is, from its next start on; what is not named stays as it was.</summary>
    /// <param name="name">The component.</param>
    /// <param name="definition">
    /// Words "monitor=", "kernel=", "initrd=", "memory=", "vcpus=", and last "command-line=" with all that follows it.
    /// </param>
    /// <returns>
    /// NotFound: no such guest, or a file that is not there. Busy: it runs. Exhausted: more memory than its line grants.
    /// InvalidArgument: a word that makes no sense.
    /// </returns>
    [Operation(13)]
    ContractStatus Define([MaxLength(32)] ReadOnlySpan<byte> name, [MaxLength(384)] ReadOnlySpan<byte> definition);
}

/// <summary>
/// The service "log": whoever uses it first gets all lines that components log, until its session ends; then the root task prints them
/// itself again.
/// </summary>
[Protocol(0x6c6f_6773, version: 2)]
public interface ILog
{
    /// <summary>Takes the next line.</summary>
    /// <param name="name">Who wrote it.</param>
    /// <param name="nameLength">Bytes of name.</param>
    /// <param name="text">The text.</param>
    /// <param name="textLength">Bytes of text.</param>
    /// <param name="time">System time counter at which it was written.</param>
    /// <param name="level">What it is worth.</param>
    /// <returns>NotFound when there is none now. Busy while the root task still prints. Denied when somebody else takes them.</returns>
    [Operation(1)]
    ContractStatus Take(
        [MaxLength(32)] Span<byte> name, out int nameLength, [MaxLength(128)] Span<byte> text, out int textLength, out ulong time,
        out LogLevel level);
}
