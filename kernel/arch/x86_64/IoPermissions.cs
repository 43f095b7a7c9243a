namespace Kilonova.Kernel;

/// <summary>
/// Which I/O ports the running context may use: the permission bitmap behind the CPU's task state segment (SDM volume 1, 19.5.2).
/// </summary>
/// <remarks>
/// Most domains have no ports. For them the segment's bitmap base lies beyond its limit, which costs one store to set; the bitmap that
/// was mapped last stays mapped, so that switching between a driver and its clients maps nothing.
/// </remarks>
public static unsafe class IoPermissions
{
    /// <summary>A bitmap base beyond the segment's limit: every port faults.</summary>
    public const ushort NoBitmap = 0xffff;

    /// <summary>The bitmap base at which the mapped bitmap lies.</summary>
    public const ushort BitmapBase = (ushort)(Descriptors.BitmapOffset - Descriptors.TaskOffset);

    /// <summary>Lets the CPU check ports against <paramref name="bitmap"/>, two pages, or deny all if it is null.</summary>
    public static void Switch(Cpu* cpu, ulong* bitmap)
    {
        cpu->IoBitmap = bitmap;
        if (bitmap == null)
        {
            cpu->IoBitmapBase = NoBitmap;
            return;
        }

        if (cpu->MappedIoBitmap != bitmap)
        {
            ulong physical = DirectMap.ToPhysical(bitmap);
            KernelSpace.SetIoBitmap(cpu, physical, physical + PhysicalMemory.PageSize);
            cpu->MappedIoBitmap = bitmap;
        }

        cpu->IoBitmapBase = BitmapBase;
    }

    /// <summary>
    /// The context's domain got its first port after the context had begun to run, or a guest's turn has put the bitmap out of the CPU's
    /// sight: true if so, and then the instruction that raised a general protection fault is worth another try.
    /// </summary>
    public static bool TryRefresh(Cpu* cpu, ExecutionContext* ec)
    {
        ulong* bitmap = ec->Ports->InForce;
        if (bitmap != null && cpu->Arch.IsTaskCut != 0)
        {
            Descriptors.ReloadTask(cpu);
            return true;
        }

        if (cpu->IoBitmap == bitmap)
            return false;

        Switch(cpu, bitmap);
        return true;
    }
}
