namespace Kilonova.Abi;

/// <summary>
/// The scheduling context descriptor, NOVA interface specification of 24 January 2024, section 4.5; bit 63 and the period are the
/// reserved-time extension.
/// </summary>
public static class Scd
{
    /// <summary>Bits 15-0: budget, not 0; milliseconds, microseconds when <see cref="Reserved"/> is set.</summary>
    public const ulong BudgetMask = 0xffff;

    /// <summary>Position of the priority, bits 22-16, not 0.</summary>
    public const int PriorityShift = 16;

    /// <summary>The priority after shifting.</summary>
    public const ulong PriorityMask = 0x7f;

    /// <summary>Position of the class of service, bits 38-23.</summary>
    public const int ClassOfServiceShift = 23;

    /// <summary>The class of service after shifting.</summary>
    public const ulong ClassOfServiceMask = 0xffff;

    /// <summary>Extension: place of the period in microseconds, bits 62-39, at least the budget; ignored while bit 63 is clear.</summary>
    public const int PeriodShift = 39;

    /// <summary>Extension: the period after shifting.</summary>
    public const ulong PeriodMask = 0xff_ffff;

    /// <summary>Extension: bit 63, budget and period are microseconds and enforced.</summary>
    public const ulong Reserved = 1ul << 63;
}
