using System;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.HostMemory;

/// <summary>What the permissions of memory capabilities allow, sections 4.1.3 and 5.4.1.</summary>
internal static unsafe class PermissionTests
{
    private const ulong PageSize = 4096;

    internal static void Run()
    {
        Suite.Run("Readable_memory_cannot_be_written_or_executed"u8, &ReadOnly);
        Suite.Run("Writable_memory_cannot_be_executed"u8, &ReadWrite);
        Suite.Run("Executable_memory_cannot_be_written"u8, &ReadExecute);
        Suite.Run("Supervisor_execute_is_no_right_to_write"u8, &SupervisorExecute);
        Suite.Run("Without_permissions_nothing_is_mapped"u8, &None);
        Suite.Run("Permissions_never_grow"u8, &NeverGrow);
        Suite.Run("Permissions_are_reduced_in_place"u8, &ReducedInPlace);
        Suite.Run("The_image_has_its_segments_permissions"u8, &ImageSegments);
    }

    /// <summary>The kinds of access, as bits: what is possible with an address.</summary>
    internal const uint CanRead = 1;
    internal const uint CanWrite = 2;
    internal const uint CanExecute = 4;

    /// <summary>Tries all accesses to an address whose page holds code.</summary>
    internal static uint Access(ulong address)
    {
        byte value;
        var access = 0u;
        Fault.Expect();
        if (Probe.Load(address, &value) == 0)
            access |= CanRead;

        Fault.Expect();
        if (Probe.Execute(address) == 0)
            access |= CanExecute;

        Fault.Expect();
        if (Probe.Store(address + PageSize - 1, 0x5a) == 0)
            access |= CanWrite;

        Fault.Forget();
        return access;
    }

    /// <summary>A page of memory that holds code.</summary>
    internal static byte* CodePage()
    {
        var page = Lab.Memory(1);
        new ReadOnlySpan<byte>((byte*)Probe.CodeAddress(), 8).CopyTo(new Span<byte>(page, 8));
        return page;
    }

    private static Status Map(byte* memory, ulong page, MemoryPermissions permissions) =>
        RootTask.NovaHostSpace.Delegate(RootTask.HostSpace, Lab.PhysicalPage(memory), page, 0, permissions);

    private static uint AccessWith(MemoryPermissions permissions)
    {
        var page = Lab.EmptyPage();
        Check.Succeeds(Map(CodePage(), page, permissions), "ctrl_pd"u8);
        return Access(page << 12);
    }

    private static void ReadOnly() => Check.Equal(AccessWith(MemoryPermissions.R), CanRead, "access"u8);

    private static void ReadWrite() => Check.Equal(AccessWith(MemoryPermissions.R | MemoryPermissions.W), CanRead | CanWrite, "access"u8);

    private static void ReadExecute() =>
        Check.Equal(AccessWith(MemoryPermissions.R | MemoryPermissions.XU), CanRead | CanExecute, "access"u8);

    // Where the hardware has one right to execute for both modes, either permission gives it (the note at section 4.1.3).
    private static void SupervisorExecute()
    {
        var access = AccessWith(MemoryPermissions.R | MemoryPermissions.XS);
        Check.Equal(access & (CanRead | CanWrite), CanRead, "access"u8);
    }

    private static void None()
    {
        Check.Equal(AccessWith(MemoryPermissions.None), 0, "access"u8);
        var page = Lab.EmptyPage();
        var memory = CodePage();
        Check.Succeeds(Map(memory, page, MemoryPermissions.R), "map"u8);
        Check.Succeeds(Map(memory, page, MemoryPermissions.None), "map nothing over it"u8);
        Check.Equal(Access(page << 12), 0, "access"u8);
    }

    private static void NeverGrow()
    {
        var first = Lab.EmptyPage();
        var second = Lab.EmptyPage();
        Check.Succeeds(Map(CodePage(), first, MemoryPermissions.R), "map"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(RootTask.HostSpace, first, second, 0, MemoryPermissions.All), "delegate"u8);
        Check.Equal(Access(second << 12), CanRead, "copy"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(RootTask.HostSpace, first, first, 0, MemoryPermissions.All), "onto itself"u8);
        Check.Equal(Access(first << 12), CanRead, "original"u8);
    }

    private static void ReducedInPlace()
    {
        var page = Lab.EmptyPage();
        Check.Succeeds(Map(CodePage(), page, MemoryPermissions.All), "map"u8);
        Check.Equal(Access(page << 12) & (CanRead | CanWrite), CanRead | CanWrite, "before"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(RootTask.HostSpace, page, page, 0, MemoryPermissions.R), "reduce"u8);
        Check.Equal(Access(page << 12), CanRead, "after"u8);
        Check.Succeeds(RootTask.HostSpace.Remove(page, 0), "remove"u8);
        Check.Equal(Access(page << 12), 0, "gone"u8);
    }

    private static void ImageSegments()
    {
        byte value;
        Fault.Expect();
        Check.Equal(Probe.Store(Probe.CodeAddress(), 0), 1, "code cannot be written"u8);
        Fault.Check(HostEvent.PF, "code"u8);

        // A literal lies among the constants, the first stack in the data.
        fixed (byte* literal = "constants"u8)
        {
            Fault.Expect();
            Check.Equal(Probe.Load((ulong)literal, &value), 0, "constants can be read"u8);
            Fault.CheckNone("constants"u8);
            Fault.Expect();
            Check.Equal(Probe.Store((ulong)literal, 0), 1, "constants cannot be written"u8);
            Fault.Check(HostEvent.PF, "constants"u8);
            Fault.Expect();
            Check.Equal(Probe.Execute((ulong)literal), 1, "constants cannot be executed"u8);
            Fault.Check(HostEvent.PF, "constants"u8);
        }

        Fault.Expect();
        Check.Equal(Probe.Execute((ulong)(&value)), 1, "the stack cannot be executed"u8);
        Fault.Check(HostEvent.PF, "stack"u8);
    }
}
