namespace Kilonova.Kernel;

public unsafe struct HostSpace
{
    public KernelObject Head;
    public ulong Number;
    public ulong Generation;
}
