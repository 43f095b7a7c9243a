// ilc takes the interfaces of T[] from this type. The kernel has no arrays on a heap, so they implement none.
namespace System;

internal class Array<T> : Array
{
    private Array()
    {
    }
}
