// Static constructors. Compiled code that touches a type whose constructor has not run calls here; ilc looks the methods up by name.
using System.Threading;

namespace System.Runtime.CompilerServices;

/// <summary>A type's state: the address of its constructor, zero once that has run. Compiled code tests it for zero.</summary>
internal struct StaticClassConstructionContext
{
    internal nint ConstructorAddress;
}

/// <summary>A constructor that runs now. Lives on the stack of the thread that runs it, linked under the lock.</summary>
internal unsafe struct ConstructorRun
{
    internal ConstructorRun* Next;
    internal StaticClassConstructionContext* Context;
    internal ThreadBlock* Runner;
}

/// <summary>
/// Exactly one thread runs a constructor; others wait until it is done, the runner itself passes through and sees the type half
/// initialised, as .NET has it. So does a thread whose waiting would close a circle of waiters. What the constructor stored is visible
/// to whoever sees the context zero, because it is zeroed after, by a release store. A constructor that threw has failed for good.
/// </summary>
internal static unsafe class ClassConstructorRunner
{
    private static RuntimeLock s_lock;

    // Both lists are guarded by s_lock.
    private static ConstructorRun* s_running;
    private static FailedConstructor? s_failed;

    private static object CheckStaticClassConstructionReturnGCStaticBase(StaticClassConstructionContext* context, object staticBase)
    {
        EnsureRun(context);
        return staticBase;
    }

    private static nint CheckStaticClassConstructionReturnNonGCStaticBase(StaticClassConstructionContext* context, nint staticBase)
    {
        EnsureRun(context);
        return staticBase;
    }

    internal static void EnsureRun(StaticClassConstructionContext* context)
    {
        ThreadBlock* self = ThreadBlock.Current;
        while (Volatile.Read(ref context->ConstructorAddress) != 0)
        {
            s_lock.Acquire();
            if (context->ConstructorAddress == 0)
            {
                s_lock.Release();
                return;
            }

            ConstructorRun* running = FindRunning(context);
            if (running == null)
            {
                RunUnlocking(context, self);
                return;
            }
            if (WaitingWouldDeadlock(running, self))
            {
                s_lock.Release();
                return;
            }
            self->AwaitedConstructor = running;
            s_lock.Release();

            Platform.Yield();

            s_lock.Acquire();
            self->AwaitedConstructor = null;
            s_lock.Release();
        }
    }

    // Called with the lock held; releases it while the constructor runs.
    private static void RunUnlocking(StaticClassConstructionContext* context, ThreadBlock* self)
    {
        Exception? earlier = FindFailure(context);
        if (earlier is not null)
        {
            s_lock.Release();
            throw earlier;
        }

        ConstructorRun run;
        run.Context = context;
        run.Runner = self;
        run.Next = s_running;
        s_running = &run;
        s_lock.Release();

        // What a constructor allocates outlives any arena.
        BumpHeap* arena = self->Arena;
        self->Arena = null;
        Exception? failure = null;
        try
        {
            ((delegate*<void>)context->ConstructorAddress)();
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        FailedConstructor? record = failure is null ? null : TryRecord(context, ref failure);
        self->Arena = arena;
        s_lock.Acquire();
        Unlink(&run);
        if (failure is null)
        {
            Volatile.Write(ref context->ConstructorAddress, 0);
        }
        else if (record is null)
        {
            // What throws from now on in the constructor's place: it never runs again, and nothing had to be allocated to say so.
            Volatile.Write(ref context->ConstructorAddress, (nint)(delegate*<void>)&ThrowOutOfMemory);
        }
        else
        {
            record.Next = s_failed;
            s_failed = record;
        }
        s_lock.Release();
        if (failure is not null)
            throw failure;
    }

    /// <summary>Wraps and records a failure; null, and the failure to run out of memory, when there is no memory for that.</summary>
    private static FailedConstructor? TryRecord(StaticClassConstructionContext* context, ref Exception? failure)
    {
        try
        {
            Exception wrapped = new TypeInitializationException(null, failure);
            FailedConstructor record = new FailedConstructor(context, wrapped);
            failure = wrapped;
            return record;
        }
        catch (OutOfMemoryException outOfMemory)
        {
            failure = outOfMemory;
            return null;
        }
    }

    private static void ThrowOutOfMemory() => ComponentHeap.ThrowOutOfMemory();

    private static ConstructorRun* FindRunning(StaticClassConstructionContext* context)
    {
        ConstructorRun* run = s_running;
        while (run != null && run->Context != context)
            run = run->Next;
        return run;
    }

    // Follows runner -> what it waits for -> its runner ...; every thread waits for one constructor at most. Also true for the runner itself.
    private static bool WaitingWouldDeadlock(ConstructorRun* run, ThreadBlock* self)
    {
        while (run != null)
        {
            if (run->Runner == self)
                return true;
            run = StillRunning(run->Runner->AwaitedConstructor);
        }
        return false;
    }

    // A waiter that has not looked again since may name a run that is over.
    private static ConstructorRun* StillRunning(ConstructorRun* awaited)
    {
        ConstructorRun* run = awaited == null ? null : s_running;
        while (run != null && run != awaited)
            run = run->Next;
        return run;
    }

    private static void Unlink(ConstructorRun* finished)
    {
        if (s_running == finished)
        {
            s_running = finished->Next;
            return;
        }
        ConstructorRun* run = s_running;
        while (run->Next != finished)
            run = run->Next;
        run->Next = finished->Next;
    }

    private static Exception? FindFailure(StaticClassConstructionContext* context)
    {
        FailedConstructor? failed = s_failed;
        while (failed is not null && failed.Context != context)
            failed = failed.Next;
        return failed?.Failure;
    }

    private sealed class FailedConstructor
    {
        internal readonly StaticClassConstructionContext* Context;
        internal readonly Exception Failure;
        internal FailedConstructor? Next;

        internal FailedConstructor(StaticClassConstructionContext* context, Exception failure)
        {
            Context = context;
            Failure = failure;
        }
    }
}
