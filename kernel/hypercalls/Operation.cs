namespace Kilonova.Kernel;

/// <summary>What a restartable operation of an execution context holds between its steps, and how it lets go of it.</summary>
public static unsafe class Operation
{
    /// <summary>Holds an object until the operation ends.</summary>
    public static void Hold(KernelObject** place, KernelObject* o)
    {
        KernelObject.Hold(o);
        *place = o;
    }

    /// <summary>Drops what <see cref="Hold"/> has put in a place, if anything.</summary>
    public static void Drop(KernelObject** place)
    {
        KernelObject* o = *place;
        *place = null;
        if (o != null)
            KernelObject.Drop(o);
    }

    /// <summary>The operation has ended, or its context, on whose CPU this is, never goes on: nothing stays held or marked.</summary>
    public static void End(ExecutionContext* ec)
    {
        Revocation.Suspend(&ec->Revocation);
        ec->Revocation.Space = null;
        Drop(&ec->Cursor.Object);
    }
}
