// Throwing: a first pass up the stack looks for a handler and runs filters, a second runs finally blocks and ends in the handler.
// Free of XMM, so that a thread without vector state can throw.
using System.Runtime.InteropServices;

namespace Internal.Runtime;

/// <summary>A catch block that runs. Lies on the stack right below the frame of its method (RhpCallCatch), linked from the thread's block.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CatchRecord
{
    internal CatchRecord* Previous;
    internal nint Exception;

    /// <summary>Where the method was when it threw into the catch block, and which of its clauses caught.</summary>
    internal nuint ThrowAddress;
    internal nuint Clause;
}

/// <summary>The progress of a second pass: an exception that leaves a finally block goes on from here.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UnwindProgress
{
    internal Registers Frame;
    internal nuint Clause;
}

internal static unsafe class ExceptionDispatch
{
    /// <summary>Runs a finally or fault block in its method's frame. The address of progress stays on the stack for a throw within.</summary>
    [RuntimeImport("*", "RhpCallFinally")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void CallFinally(byte* handler, object exception, UnwindProgress* progress);

    [RuntimeImport("*", "RhpCallFilter")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern nint CallFilter(byte* filter, object exception, Registers* frame);

    /// <summary>Abandons everything below the frame and runs the catch block in it; never returns.</summary>
    [RuntimeImport("*", "RhpCallCatch")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void CallCatch(byte* handler, object exception, Registers* frame, nuint clause);

    // Return addresses that tell a frame of these stubs.
    [RuntimeImport("*", "RhpFinallyReturn")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void FinallyReturn();

    [RuntimeImport("*", "RhpCatchReturn")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void CatchReturn();

    /// <summary>Called by RhpThrowEx and RhpRethrow with the registers of the throwing frame.</summary>
    [RuntimeExport("RhpDispatchException")]
    private static void Dispatch(object? thrown, Registers* throwSite)
    {
        object exception = thrown ?? new NullReferenceException();
        UnwindProgress progress;
        nuint handlerFrame = 0;
        byte* handler = FindHandler(exception, throwSite, &progress, &handlerFrame);

        nuint handlerClause = progress.Clause;
        throwSite->CopyTo(&progress.Frame);
        RunFinallyBlocks(exception, &progress, handlerFrame, handlerClause);

        // Catch blocks below the handler's frame are left for good.
        ThreadBlock* thread = ThreadBlock.Current;
        while (thread->Catches != null && (nuint)thread->Catches < progress.Frame.Rsp)
            thread->Catches = thread->Catches->Previous;
        CallCatch(handler, exception, &progress.Frame, handlerClause);
    }

    // First pass. Returns the handler, its frame in handlerFrame and its clause in progress; ends the component if there is none.
    private static byte* FindHandler(object exception, Registers* throwSite, UnwindProgress* progress, nuint* handlerFrame)
    {
        FrameDescription frame;
        Unsafe.SkipInit(out ExceptionClauses clauses);
        Registers* registers = &progress->Frame;
        throwSite->CopyTo(registers);
        uint skip = 0;
        while (true)
        {
            byte* address = (byte*)registers->Rip - 1;
            if (!FrameTable.TryFind(address, &frame))
                Platform.UnhandledException(Unsafe.As<Exception>(exception));
            clauses.Begin(&frame, address, skip);
            while (clauses.MoveNext())
            {
                if (Handles(&clauses, exception, registers))
                {
                    *handlerFrame = registers->Rsp;
                    progress->Clause = clauses.Number;
                    return clauses.Handler;
                }
            }
            skip = UnwindToCaller(&frame, registers);
        }
    }

    private static bool Handles(ExceptionClauses* clauses, object exception, Registers* registers) => clauses->Kind switch
    {
        ClauseKind.Typed => TypeCast.IsInstanceOfException((MethodTable*)clauses->TypeOrFilter, exception),
        ClauseKind.Filter => RunFilter(clauses->TypeOrFilter, exception, registers),
        _ => false,
    };

    // An exception that leaves a filter is swallowed, and the filter has said no.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool RunFilter(byte* filter, object exception, Registers* registers)
    {
        try
        {
            return CallFilter(filter, exception, registers) != 0;
        }
        catch
        {
            return false;
        }
    }

    // Second pass, up to the handler's frame, within that up to the handler's clause.
    private static void RunFinallyBlocks(object exception, UnwindProgress* progress, nuint handlerFrame, nuint handlerClause)
    {
        FrameDescription frame;
        Unsafe.SkipInit(out ExceptionClauses clauses);
        Registers* registers = &progress->Frame;
        uint skip = 0;
        while (true)
        {
            byte* address = (byte*)registers->Rip - 1;
            FrameTable.TryFind(address, &frame);
            bool isHandlerFrame = registers->Rsp == handlerFrame;
            clauses.Begin(&frame, address, skip);
            while (clauses.MoveNext())
            {
                if (isHandlerFrame && clauses.Number == handlerClause)
                    return;
                if (clauses.Kind == ClauseKind.Fault)
                {
                    progress->Clause = clauses.Number;
                    CallFinally(clauses.Handler, exception, progress);
                }
            }
            if (isHandlerFrame)
                Platform.Fail("a frame's exception clauses changed between passes"u8);
            skip = UnwindToCaller(&frame, registers);
        }
    }

    /// <summary>
    /// Goes to the caller. Out of a catch or finally block that is the method around the block, where it was when it threw; returns the
    /// clause of the block there, since that clause and those before it had their turn; 0 otherwise.
    /// </summary>
    private static uint UnwindToCaller(FrameDescription* frame, Registers* registers)
    {
        FrameUnwinder.Unwind(frame, registers);
        if (registers->Rip == (nuint)(delegate*<void>)&CatchReturn)
        {
            CatchRecord* record = (CatchRecord*)registers->Rsp;
            registers->Rip = record->ThrowAddress;
            registers->Rsp += (nuint)sizeof(CatchRecord);
            return (uint)record->Clause;
        }
        if (registers->Rip == (nuint)(delegate*<void>)&FinallyReturn)
        {
            // The frames between here and the block's method belong to a dispatch that this exception replaces.
            UnwindProgress* replaced = *(UnwindProgress**)registers->Rsp;
            replaced->Frame.CopyTo(registers);
            return (uint)replaced->Clause;
        }
        return 0;
    }
}
