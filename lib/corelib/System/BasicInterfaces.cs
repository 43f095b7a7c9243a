// The one-method interfaces of namespace System.
namespace System;

public interface IDisposable
{
    void Dispose();
}

public interface IEquatable<T>
{
    bool Equals(T? other);
}

public interface IComparable
{
    int CompareTo(object? obj);
}

public interface IComparable<in T>
{
    int CompareTo(T? other);
}

public interface ICloneable
{
    object Clone();
}
