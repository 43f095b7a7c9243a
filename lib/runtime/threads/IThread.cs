namespace Kilonova.Runtime;

/// <summary>What a thread runs, for safe code: a struct without fields is its name.</summary>
public interface IThread
{
    /// <summary>The thread's life; when it returns the thread sleeps for ever.</summary>
    static abstract void Run();
}
