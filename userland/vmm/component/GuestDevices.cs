// The devices of a guest that have something outside of the machine behind them.
using System.Collections.Generic;
using Kilonova.Nova;

namespace Kilonova.Vmm.Monitors;

/// <summary>A session with a server, and what is counted of it.</summary>
internal interface IGuestDevice
{
    /// <summary>Starts its thread.</summary>
    void Start(SchedulingDescriptor descriptor);

    /// <summary>Makes its counters.</summary>
    void AddCounters();

    /// <summary>Sets them.</summary>
    void SetCounters();

    /// <summary>Writes to the log what it has done.</summary>
    void Report();
}

/// <summary>All of them; a monitor without such devices has no code for any. Added while the machine is composed.</summary>
internal static class GuestDevices
{
    private static readonly List<IGuestDevice> s_devices = [];

    /// <summary>Adds one.</summary>
    internal static void Add(IGuestDevice device) => s_devices.Add(device);

    /// <summary>Starts the threads of all.</summary>
    internal static void StartAll(SchedulingDescriptor descriptor)
    {
        foreach (var device in s_devices)
            device.Start(descriptor);
    }

    /// <summary>Makes the counters of all.</summary>
    internal static void AddCounters()
    {
        foreach (var device in s_devices)
            device.AddCounters();
    }

    /// <summary>Sets them.</summary>
    internal static void SetCounters()
    {
        foreach (var device in s_devices)
            device.SetCounters();
    }

    /// <summary>Writes to the log what each has done.</summary>
    internal static void ReportAll()
    {
        foreach (var device in s_devices)
            device.Report();
    }
}
