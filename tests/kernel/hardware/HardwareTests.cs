using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.PlatformAccess;

/// <summary>ctrl_hw and assign_dev, sections 5.5.1 and 5.5.3, on a machine without the features that no emulator has.</summary>
internal static unsafe class HardwareTests
{
    private const uint AllBits = 0x1f;

    private static Status s_status;
    private static uint s_operation;

    internal static void Run()
    {
        Suite.Run("Unknown_operations_of_ctrl_hw_are_BAD_PAR"u8, &UnknownOperations);
        Suite.Run("Unknown_sleep_states_are_BAD_PAR"u8, &UnknownStates);
        Suite.Run("Sleep_states_that_the_machine_lacks_are_BAD_FTR"u8, &MissingStates);
        Suite.Run("Quality_of_service_is_BAD_FTR"u8, &QualityOfService);
        Suite.Run("Ctrl_hw_and_assign_dev_belong_to_the_root_domain"u8, &RootOnly);
        Suite.Run("Without_an_IOMMU_every_unit_is_BAD_DEV"u8, &NoIommu);
        Suite.Run("No_key_identifiers_and_no_event_log_are_promised"u8, &NothingPromised);
    }

    private static void UnknownOperations()
    {
        for (var operation = 1u; operation < 16; operation++)
        {
            if (operation is < (uint)CtrlHwOperation.QosConfiguration or > (uint)CtrlHwOperation.MbaDelay)
                Check.Is(Hypercalls.CtrlHw(operation, 0), Status.BAD_PAR, "operation"u8);
        }
    }

    private static void UnknownStates()
    {
        Check.Is(Hypercalls.CtrlHw(0, 0), Status.BAD_PAR, "state 0"u8);
        Check.Is(Hypercalls.CtrlHw(0, 6), Status.BAD_PAR, "state 6"u8);
    }

    private static void MissingStates()
    {
        for (var state = 1u; state <= 4; state++)
            Check.Is(Platform.Sleep(state, 0, 0), Status.BAD_FTR, "S1 to S4"u8);
    }

    private static void QualityOfService()
    {
        for (var operation = (uint)CtrlHwOperation.QosConfiguration; operation <= (uint)CtrlHwOperation.MbaDelay; operation++)
        {
            Check.Is(Hypercalls.CtrlHw(operation, 0), Status.BAD_FTR, "descriptor 0"u8);
            Check.Is(Hypercalls.CtrlHw(operation, 1 << QosDescriptor.ValueShift), Status.BAD_FTR, "descriptor 1"u8);
        }
    }

    private static void TryHardware(ulong identifier, uint mtd)
    {
        s_status = s_operation == 0 ? Hypercalls.CtrlHw(0, SleepDescriptor.Reset) : Hypercalls.AssignDev(s_operation, 0, 0);
        Server.Reply(1);
    }

    private static void RootOnly()
    {
        var portal = Lab.ForeignServer(&TryHardware, out _, out var objects);
        s_operation = 0;
        Check.Succeeds(portal.Call(1, out _), "call"u8);
        Check.Is(s_status, Status.BAD_HYP, "reset by another domain"u8);
        s_operation = 0x40;
        Check.Succeeds(portal.Call(1, out _), "call"u8);
        Check.Is(s_status, Status.BAD_HYP, "assign_dev by another domain"u8);
        _ = objects;
    }

    // Which of capability and unit is looked at first is not said: with a capability that cannot be right both answers are.
    private static void NoIommu()
    {
        if ((RootTask.Hip->Features & PlatformFeatures.IOMMU) != 0)
            return;

        var status = Hypercalls.AssignDev(Lab.Selector(), 0xfed90, 0);
        Check.True(status is Status.BAD_DEV or Status.BAD_CAP, "assign_dev"u8);
        Check.Is(Hypercalls.CreatePd(CreatePdOperation.DmaSpace, Lab.Selector(), Lab.Domain.Selector), Status.BAD_FTR, "DMA space"u8);
    }

    private static void NothingPromised()
    {
        Check.Equal(RootTask.Hip->MaxKey, 0, "KIMAX"u8);
        Check.Equal(RootTask.Hip->EventLogSize, 0, "event log size"u8);
        Check.Equal(RootTask.Hip->EventLogOffset, 0, "event log offset"u8);
    }
}
