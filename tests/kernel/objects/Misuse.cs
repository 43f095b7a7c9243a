using System;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Objects;

/// <summary>One capability of every type that a test can have, to be put where another type belongs.</summary>
internal static class Misuse
{
    private static ulong s_semaphore;
    private static ulong s_portal;

    /// <summary>What can be misused.</summary>
    internal const int Count = 9;

    /// <summary>Selector of a capability of some type.</summary>
    internal static ulong Selector(int index)
    {
        if (s_semaphore == 0)
            Create();

        return index switch
        {
            0 => Lab.Domain.Selector,
            1 => RootTask.Thread.Selector,
            2 => RootTask.Time.Selector,
            3 => s_portal,
            4 => s_semaphore,
            5 => RootTask.ObjectSpace.Selector,
            6 => RootTask.HostSpace.Selector,
            7 => RootTask.PioSpace.Selector,
            _ => RootSelectors.NovaMsrSpace,
        };
    }

    /// <summary>Its type.</summary>
    internal static ReadOnlySpan<byte> Name(int index) => index switch
    {
        0 => "domain"u8,
        1 => "thread"u8,
        2 => "scheduling context"u8,
        3 => "portal"u8,
        4 => "semaphore"u8,
        5 => "object space"u8,
        6 => "host space"u8,
        7 => "port space"u8,
        _ => "MSR space"u8,
    };

    internal const int Domain = 0;
    internal const int Thread = 1;
    internal const int Time = 2;
    internal const int Portal = 3;

    private static unsafe void Create()
    {
        s_semaphore = Lab.Semaphore(0).Selector;
        s_portal = Lab.Server(Lab.BootCpu, &Answer).Selector;
    }

    private static void Answer(ulong identifier, uint mtd) => Server.Reply(1);
}
