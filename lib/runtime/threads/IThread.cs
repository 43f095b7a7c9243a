namespace Kilonova.Runtime;

/// <summary>What a thread runs, for safe code: a struct without fields is its name.</summary>
public interface IThread
{
    /// <summary>The thread's life; when it returns the thread sleeps for ever.</summary>
    static abstract void Run();
}

/// <summary>What a thread runs that is one of several of a kind.</summary>
public interface IWorker
{
    /// <summary>The thread's life; when it returns the thread sleeps for ever.</summary>
    void Run();
}
