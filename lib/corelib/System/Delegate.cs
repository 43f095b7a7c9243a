// A bound call. ilc initialises delegates through the methods below, by name, and reads the fields at fixed offsets.
namespace System;

/// <summary>
/// The invoked code gets _firstParameter as its first argument: the target of an instance method, or the delegate itself when a thunk
/// stands in between (static methods, and several delegates in one).
/// </summary>
public abstract partial class Delegate : ICloneable
{
    // Compiled code reads _firstParameter at +8 and _functionPointer at +32.
    internal object? _firstParameter;
    internal object? _helperObject;
    internal nint _extraFunctionPointerOrData;
    internal nint _functionPointer;

    // Numbers of the thunks that ilc generates into each delegate type's override of GetThunk.
    private const int MulticastThunk = 0;
    private const int ClosedInstanceOverGenericMethodThunk = 3;

    private protected Delegate()
    {
    }

    private protected virtual nint GetThunk(int whichThunk) => 0;

    private void InitializeClosedInstance(object? firstParameter, nint functionPointer)
    {
        if (firstParameter is null)
            throw new ArgumentException("Delegate to an instance method cannot have null 'this'.");
        _functionPointer = functionPointer;
        _firstParameter = firstParameter;
    }

    // Instance methods that may be generic with shared code: such a pointer leads to the code and the instantiation that the thunk passes.
    private void InitializeClosedInstanceSlow(object? firstParameter, nint functionPointer)
    {
        const nint FatFunctionPointer = 2;
        if ((functionPointer & FatFunctionPointer) == 0)
        {
            InitializeClosedInstance(firstParameter, functionPointer);
            return;
        }
        if (firstParameter is null)
            throw new ArgumentException("Delegate to an instance method cannot have null 'this'.");
        _firstParameter = this;
        _functionPointer = GetThunk(ClosedInstanceOverGenericMethodThunk);
        _extraFunctionPointerOrData = functionPointer;
        _helperObject = firstParameter;
    }

    private void InitializeClosedInstanceToInterface(object? firstParameter, nint dispatchCell)
    {
        if (firstParameter is null)
            throw new ArgumentException("Delegate to an instance method cannot have null 'this'.");
        _functionPointer = DispatchResolver.ResolveCell(firstParameter, dispatchCell);
        _firstParameter = firstParameter;
    }

    private void InitializeClosedInstanceWithGVMResolution(object? firstParameter, nint cell) =>
        ThrowHelper.FailFast("generic virtual methods are not supported"u8);

    private void InitializeClosedStaticThunk(object? firstParameter, nint functionPointer, nint functionPointerThunk)
    {
        _extraFunctionPointerOrData = functionPointer;
        _helperObject = firstParameter;
        _functionPointer = functionPointerThunk;
        _firstParameter = this;
    }

    private void InitializeOpenStaticThunk(object? firstParameter, nint functionPointer, nint functionPointerThunk)
    {
        _firstParameter = this;
        _functionPointer = functionPointerThunk;
        _extraFunctionPointerOrData = functionPointer;
    }

    private nint GetActualTargetFunctionPointer(object thisObject)
    {
        ThrowHelper.FailFast("open instance delegates are not supported"u8);
        return 0;
    }

    /// <summary>The object that the (last) method is called on; null for static methods.</summary>
    public object? Target
    {
        get
        {
            if (TryGetList(out Wrapper[]? list, out int count))
                return list[count - 1].Value.Target;
            return ReferenceEquals(_firstParameter, this) ? _helperObject : _firstParameter;
        }
    }

    public object Clone() => MemberwiseClone();

    public override bool Equals(object? obj)
    {
        if (ReferenceEquals(this, obj))
            return true;
        if (obj is not Delegate other || !HasSameType(other))
            return false;
        bool isList = TryGetList(out Wrapper[]? list, out int count);
        if (isList != other.TryGetList(out Wrapper[]? otherList, out int otherCount))
            return false;
        if (isList)
            return count == otherCount && ListMatches(list!, 0, otherList!, count);

        // A delegate over a static method is its own first parameter; what it calls is in the extra pointer.
        bool usesThunk = ReferenceEquals(_firstParameter, this);
        if (usesThunk != ReferenceEquals(other._firstParameter, other))
            return false;
        return usesThunk
            ? _extraFunctionPointerOrData == other._extraFunctionPointerOrData && ReferenceEquals(_helperObject, other._helperObject)
            : _functionPointer == other._functionPointer && ReferenceEquals(_firstParameter, other._firstParameter);
    }

    public override int GetHashCode() => ReferenceEquals(_firstParameter, this)
        ? _extraFunctionPointerOrData.GetHashCode()
        : _functionPointer.GetHashCode();

    public static bool operator ==(Delegate? d1, Delegate? d2) => d1 is null ? d2 is null : d1.Equals(d2);

    public static bool operator !=(Delegate? d1, Delegate? d2) => !(d1 == d2);

    private unsafe bool HasSameType(Delegate other) => m_pEEType == other.m_pEEType;

    private static bool ListMatches(Wrapper[] list, int start, Wrapper[] other, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (!list[start + i].Value.Equals(other[i].Value))
                return false;
        }
        return true;
    }

    /// <summary>The multicast thunk walks an array of these, so that no store into it is checked.</summary>
    internal struct Wrapper
    {
        public Delegate Value;
    }
}

public abstract class MulticastDelegate : Delegate
{
    private protected MulticastDelegate()
    {
    }

    public static bool operator ==(MulticastDelegate? d1, MulticastDelegate? d2) => (Delegate?)d1 == d2;

    public static bool operator !=(MulticastDelegate? d1, MulticastDelegate? d2) => (Delegate?)d1 != d2;

    public override bool Equals(object? obj) => base.Equals(obj);

    public override int GetHashCode() => base.GetHashCode();
}
