using Kilonova.Abi;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Launch;

/// <summary>The hypervisor information page, section 6.3, and the registers at the entry point, section 8.1.2.</summary>
internal static unsafe class InformationTests
{
    private const ulong PageSize = 4096;
    private const ulong MegaHertz = 1_000_000;

    private static HypervisorInformationPage* Hip => RootTask.Hip;

    internal static void Run()
    {
        Suite.Run("The_page_lies_at_the_end_of_user_memory"u8, &Place);
        Suite.Run("Signature_length_and_checksum_are_right"u8, &Checksum);
        Suite.Run("The_kernels_and_the_roots_images_are_where_they_should_be"u8, &Images);
        Suite.Run("The_ACPI_pointer_leads_to_its_signature"u8, &Acpi);
        Suite.Run("The_UEFI_fields_agree_with_each_other"u8, &Uefi);
        Suite.Run("The_counter_has_a_credible_frequency"u8, &Frequency);
        Suite.Run("There_are_selectors_for_all_that_needs_them"u8, &Selectors);
        Suite.Run("The_boot_cpu_is_one_of_the_cpus"u8, &Cpus);
        Suite.Run("The_boot_loaders_registers_have_arrived"u8, &BootLoader);
        Suite.Run("The_root_threads_UTCB_lies_below_the_page"u8, &RootUtcb);
    }

    private static void Place()
    {
        var end = (ulong)Hip + PageSize;
        Check.Equal(end & (end - 1), 0, "a power of two"u8);
        Check.Between(end, 1ul << 47, 1ul << 56, "end of user memory"u8);
    }

    private static void Checksum()
    {
        Check.Equal(Hip->Signature, 0x4156_4f4e, "signature"u8);
        Check.Between(Hip->Length, 0x90, PageSize, "length"u8);
        Check.Equal(Hip->Length & 1u, 0, "length is even"u8);
        ushort sum = 0;
        for (var i = 0; i < Hip->Length / 2; i++)
            sum += ((ushort*)Hip)[i];

        Check.Equal(sum, 0, "sum of all words"u8);
    }

    private static void Images()
    {
        Check.True(Hip->NovaStart < Hip->NovaEnd, "kernel"u8);
        Check.True(Hip->RootStart < Hip->RootEnd, "root"u8);
        Check.True(Hip->RootEnd <= Hip->NovaStart || Hip->NovaEnd <= Hip->RootStart, "they do not overlap"u8);
        var root = default(PhysicalMemory).Map(Hip->RootStart, 4);
        Check.True(root[0] == 0x7f && root[1] == 'E' && root[2] == 'L' && root[3] == 'F', "the root's ELF header"u8);
        Check.Equal(RootTask.Boot.ModuleContents(0).Length == (int)(Hip->RootEnd - Hip->RootStart) ? 1u : 0u, 1, "the first module's size"u8);
    }

    private static void Acpi()
    {
        Check.True(Hip->AcpiRsdp != HypervisorInformationPage.NotPresent, "present"u8);
        var rsdp = default(PhysicalMemory).Map(Hip->AcpiRsdp, 8);
        var expected = "RSD PTR "u8;
        for (var i = 0; i < 8; i++)
            Check.Equal(rsdp[i], expected[i], "signature"u8);
    }

    private static void Uefi()
    {
        if (Hip->UefiMap == HypervisorInformationPage.NotPresent)
        {
            Check.Equal(Hip->UefiMapSize, 0, "size of no map"u8);
            Check.Equal(Hip->UefiDescriptorSize, 0, "descriptor size of no map"u8);
            Check.Equal(Hip->UefiDescriptorVersion, 0, "descriptor version of no map"u8);
        }
        else
        {
            Check.True(Hip->UefiMapSize >= Hip->UefiDescriptorSize && Hip->UefiDescriptorSize >= 40, "sizes"u8);
        }
    }

    private static void Frequency() => Check.Between(Hip->StcFrequency, MegaHertz, 10_000 * MegaHertz, "Hz"u8);

    private static void Selectors()
    {
        Check.Equal(Hip->HostArchitecturalEvents, 0x20, "SELHST/ARCH"u8);
        Check.Equal(Hip->HostNovaEvents, 2, "SELHST/NOVA"u8);
        Check.True(Hip->GuestArchitecturalEvents >= 0x60, "SELGST/ARCH covers all exits"u8);
        Check.Equal(Hip->GuestNovaEvents, 2, "SELGST/NOVA"u8);
        var interrupts = NovaObjectSpace.InterruptSemaphores + Hip->PinInterrupts + Hip->MessageInterrupts;
        Check.True(Hip->SelectorCount >= interrupts + NovaObjectSpace.RootPioSpace, "SELNUM"u8);
        Check.True(Hip->ObjectMaxOrder < 64 && 1ul << Hip->ObjectMaxOrder <= Hip->SelectorCount, "MCOOBJ"u8);
    }

    private static void Cpus()
    {
        Check.Between(Hip->CpuCount, 1, 4096, "CPUNUM"u8);
        Check.True(Hip->BootCpu < Hip->CpuCount, "CPUBSP"u8);
    }

    private static void BootLoader()
    {
        Check.Between(RootTask.Boot.ModuleCount, 1, 256, "modules"u8);
        Check.True(RootMemory.FreePages > 1024, "a memory map with memory"u8);
    }

    private static void RootUtcb()
    {
        var utcb = (ulong*)((ulong)Hip - PageSize);
        for (var i = 0ul; i < Utcb.Words; i++)
            utcb[i] = i;

        Check.Equal(utcb[Utcb.Words - 1], Utcb.Words - 1, "it can be written"u8);
        byte value;
        Fault.Expect();
        Check.Equal(Probe.Load((ulong)utcb - 1, &value), 1, "below it is nothing"u8);
        Fault.Check(HostEvent.PF, "below"u8);
    }
}
