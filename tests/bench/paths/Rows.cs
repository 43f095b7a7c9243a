using System;

namespace Kilonova.Bench;

/// <summary>The rows of the budget table that this program measures.</summary>
internal enum Row
{
    Null,
    Call1,
    Call8,
    Call64,
    Up,
    Down,
    PingPong,
    CreateSemaphore,
    CreatePortal,
    DelegateObject,
    DelegatePage,
    UnmapPage,
    Delegate16Pages,
    RevokePage,
    Undefined,
    PageFault,
    ItemPage,
    GuestCpuid,
    GuestPage,
    Count,
}

/// <summary>One result.</summary>
internal struct RowResult
{
    public string Name;
    public ulong Ticks;
}

/// <summary>The results. The measuring thread writes ticks, the first thread prints them afterwards.</summary>
internal static unsafe class Rows
{
    private struct TickWords
    {
        internal fixed ulong Words[(int)Row.Count];
    }

    private static TickWords s_ticks;

    private static readonly string[] s_names =
    [
        "null", "call1", "call8", "call64", "up", "down", "pingpong", "create_sm", "create_pt", "delegate_object", "delegate_page",
        "unmap_page", "delegate_16_pages", "revoke_page", "undefined", "page_fault", "item_page",
        "guest_cpuid", "guest_page",
    ];

    /// <summary>All rows with their names.</summary>
    public static ReadOnlySpan<RowResult> All
    {
        get
        {
            var rows = new RowResult[(int)Row.Count];
            for (var i = 0; i < rows.Length; i++)
            {
                rows[i].Name = s_names[i];
                rows[i].Ticks = s_ticks.Words[i];
            }

            return rows;
        }
    }

    /// <summary>Notes what one round of a row took, rounded down.</summary>
    public static void Set(Row row, ulong ticks, ulong count) => s_ticks.Words[(int)row] = ticks / count;
}
