using System;
using Kilonova.Abi;
using Kilonova.Formats.Acpi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.HostMemory;

/// <summary>What nobody gets, sections 4.3, 6.1.3.2, 6.3 and 8.2.1.</summary>
internal static unsafe class ProtectionTests
{
    private const ulong MessageInterruptPage = 0xfee00;

    internal static void Run()
    {
        Suite.Run("The_kernels_memory_is_not_delegated"u8, &KernelMemory);
        Suite.Run("Interrupt_controllers_are_not_delegated"u8, &InterruptControllers);
        Suite.Run("A_range_around_protected_memory_arrives_with_a_hole"u8, &RangeWithHole);
        Suite.Run("The_information_page_is_not_delegated"u8, &InformationPage);
        Suite.Run("UTCBs_are_not_delegated"u8, &Utcbs);
        Suite.Run("The_information_page_cannot_be_written"u8, &InformationPageIsReadOnly);
        Suite.Run("Page_0_cannot_be_mapped"u8, &PageZero);
    }

    private static bool IsMapped(ulong page)
    {
        byte value;
        Fault.Expect();
        var isMapped = Probe.Load(page << 12, &value) == 0;
        Fault.Forget();
        return isMapped;
    }

    private static void CheckProtected(ulong physicalPage, ReadOnlySpan<byte> what)
    {
        var page = Lab.EmptyPage();
        Check.Succeeds(
            RootTask.NovaHostSpace.Delegate(RootTask.HostSpace, physicalPage, page, 0, MemoryPermissions.All, (uint)Cacheability.UC), what);
        Check.True(!IsMapped(page), what);
    }

    private static void KernelMemory()
    {
        var first = RootTask.Hip->NovaStart >> 12;
        var end = (RootTask.Hip->NovaEnd + 0xfff) >> 12;
        Check.True(first < end, "the kernel lies somewhere"u8);
        CheckProtected(first, "first page"u8);
        CheckProtected((first + end) / 2, "a page in the middle"u8);
        CheckProtected(end - 1, "last page"u8);
        for (var page = first; page < end; page += Math.Max(1, (end - first) / 64))
            CheckProtected(page, "some page"u8);
    }

    private static void InterruptControllers()
    {
        CheckProtected(MessageInterruptPage, "local APIC and MSI range"u8);
        var memory = default(PhysicalMemory);
        var rsdp = Rsdp.Read(memory, RootTask.Hip->AcpiRsdp, out _);
        var root = AcpiRoot.Read(memory, rsdp, out var address, out _);
        var madt = AcpiRoot.Find(memory, root, address, AcpiSignature.Madt, out var status);
        Check.True(status == AcpiStatus.Ok, "MADT"u8);
        CheckProtected(Madt.LocalApicAddress(madt) >> 12, "local APIC"u8);
        var cursor = 0u;
        for (var entry = Madt.Next(madt, ref cursor); !entry.IsEmpty; entry = Madt.Next(madt, ref cursor))
        {
            if (Madt.Type(entry) == MadtType.IoApic)
                CheckProtected(Madt.IoApicAddress(entry) >> 12, "IOAPIC"u8);
        }
    }

    // Twice the kernel's size around its start: what is free before and behind it arrives, the kernel does not.
    private static void RangeWithHole()
    {
        const uint Order = 9;
        var first = RootTask.Hip->NovaStart >> 12;
        var range = first & ~((1ul << (int)Order) - 1);
        var page = 0x30_0000_0000ul >> 12;
        Check.Succeeds(
            RootTask.NovaHostSpace.Delegate(RootTask.HostSpace, range, page, Order, MemoryPermissions.R), "the kernel in a large range"u8);
        var end = Math.Min((RootTask.Hip->NovaEnd + 0xfff) >> 12, range + (1ul << (int)Order));
        for (var i = first; i < end; i++)
        {
            if (IsMapped(page + i - range))
            {
                Check.True(false, "kernel memory was mapped"u8);
                return;
            }
        }
    }

    private static void CheckNotDelegated(ulong page, ReadOnlySpan<byte> what)
    {
        var copy = Lab.EmptyPage();
        Check.Succeeds(RootTask.HostSpace.Delegate(RootTask.HostSpace, page, copy, 0, MemoryPermissions.R), what);
        Check.True(!IsMapped(copy), what);
        Check.True(IsMapped(page), "it stays where it is"u8);
    }

    private static void InformationPage() => CheckNotDelegated((ulong)RootTask.Hip >> 12, "HIP"u8);

    private static void Utcbs()
    {
        CheckNotDelegated((ulong)ThreadBlock.Current->Utcb >> 12, "the root thread's UTCB"u8);
        var page = Lab.EmptyPage();
        Check.Succeeds(
            ExecutionContext.CreateLocal(Lab.Selector(), Lab.Domain, page, Lab.BootCpu, 0, RootSelectors.NoEvents), "create_ec"u8);
        CheckNotDelegated(page, "another thread's UTCB"u8);
    }

    private static void InformationPageIsReadOnly()
    {
        Fault.Expect();
        Check.Equal(Probe.Store((ulong)RootTask.Hip, 0), 1, "store"u8);
        Fault.Check(HostEvent.PF, "store"u8);
        Check.Equal(RootTask.Hip->Signature, HypervisorInformationPage.SignatureValue, "unchanged"u8);
        Fault.Expect();
        Check.Equal(Probe.Execute((ulong)RootTask.Hip), 1, "execute"u8);
        Fault.Check(HostEvent.PF, "execute"u8);
    }

    private static void PageZero()
    {
        var status = RootTask.NovaHostSpace.Delegate(RootTask.HostSpace, Lab.PhysicalPage(Lab.Memory(1)), 0, 0, MemoryPermissions.R);
        Check.True(!IsMapped(0), "whatever ctrl_pd says"u8);
        Check.True(status is Status.SUCCESS or Status.BAD_PAR, "which is success without effect, or a refusal"u8);
    }
}
