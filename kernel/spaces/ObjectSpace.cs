namespace Kilonova.Kernel;

public unsafe struct ObjectSpace
{
    public KernelObject Head;
}
