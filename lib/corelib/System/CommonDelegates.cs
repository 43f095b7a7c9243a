// Delegates with a meaning of their own.
namespace System;

public delegate bool Predicate<in T>(T obj);

public delegate int Comparison<in T>(T x, T y);

public delegate TOutput Converter<in TInput, out TOutput>(TInput input);

public delegate void EventHandler(object? sender, EventArgs e);

public delegate void EventHandler<TEventArgs>(object? sender, TEventArgs e);

public delegate void AsyncCallback(IAsyncResult ar);

/// <summary>Named in the delegates of NuGet assemblies; there are no asynchronous calls.</summary>
public interface IAsyncResult
{
    object? AsyncState { get; }

    bool IsCompleted { get; }
}

public class EventArgs
{
    public static readonly EventArgs Empty = new EventArgs();
}
