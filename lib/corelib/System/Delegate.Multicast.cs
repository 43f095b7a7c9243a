// Several delegates in one: an array in the helper object and its used length in the extra word. Immutable, as every delegate.
using System.Diagnostics.CodeAnalysis;

namespace System;

public abstract partial class Delegate
{
    [return: NotNullIfNotNull(nameof(a))]
    [return: NotNullIfNotNull(nameof(b))]
    public static Delegate? Combine(Delegate? a, Delegate? b)
    {
        if (a is null)
            return b;
        if (b is null)
            return a;
        if (!a.HasSameType(b))
            throw new ArgumentException("Delegates must be of the same type.");
        int countA = a.InvocationCount;
        int countB = b.InvocationCount;
        Wrapper[] list = new Wrapper[countA + countB];
        a.CopyInvocations(list, 0);
        b.CopyInvocations(list, countA);
        return a.NewMulticast(list, list.Length);
    }

    public static Delegate? Combine(params Delegate?[]? delegates)
    {
        Delegate? result = null;
        if (delegates is not null)
        {
            foreach (Delegate? item in delegates)
                result = Combine(result, item);
        }
        return result;
    }

    /// <summary>Without the last occurrence of value's invocation list in source's; null when nothing is left.</summary>
    public static Delegate? Remove(Delegate? source, Delegate? value)
    {
        if (source is null || value is null)
            return source;
        if (!source.HasSameType(value))
            throw new ArgumentException("Delegates must be of the same type.");
        Wrapper[] list = source.CopyInvocations();
        Wrapper[] removed = value.CopyInvocations();
        for (int start = list.Length - removed.Length; start >= 0; start--)
        {
            if (ListMatches(list, start, removed, removed.Length))
                return source.Without(list, start, removed.Length);
        }
        return source;
    }

    public static Delegate? RemoveAll(Delegate? source, Delegate? value)
    {
        Delegate? previous;
        do
        {
            previous = source;
            source = Remove(source, value);
        }
        while (source != previous);
        return source;
    }

    public Delegate[] GetInvocationList()
    {
        Wrapper[] list = CopyInvocations();
        Delegate[] result = new Delegate[list.Length];
        for (int i = 0; i < list.Length; i++)
            result[i] = list[i].Value;
        return result;
    }

    public bool HasSingleTarget => InvocationCount == 1;

    private int InvocationCount => TryGetList(out _, out int count) ? count : 1;

    private bool TryGetList([NotNullWhen(true)] out Wrapper[]? list, out int count)
    {
        // A static method's closed argument may be such an array, too: the thunk decides.
        list = _helperObject as Wrapper[];
        count = (int)_extraFunctionPointerOrData;
        return list is not null && _functionPointer == GetThunk(MulticastThunk);
    }

    private Wrapper[] CopyInvocations()
    {
        Wrapper[] copy = new Wrapper[InvocationCount];
        CopyInvocations(copy, 0);
        return copy;
    }

    private void CopyInvocations(Wrapper[] destination, int index)
    {
        if (TryGetList(out Wrapper[]? list, out int count))
        {
            for (int i = 0; i < count; i++)
                destination[index + i].Value = list[i].Value;
        }
        else
        {
            destination[index].Value = this;
        }
    }

    private Delegate? Without(Wrapper[] list, int start, int count)
    {
        int remaining = list.Length - count;
        if (remaining == 0)
            return null;
        Wrapper[] rest = new Wrapper[remaining];
        for (int i = 0; i < remaining; i++)
            rest[i].Value = list[i < start ? i : i + count].Value;
        return remaining == 1 ? rest[0].Value : NewMulticast(rest, remaining);
    }

    private unsafe Delegate NewMulticast(Wrapper[] list, int count)
    {
        Delegate result = Unsafe.As<Delegate>(ObjectAllocator.NewObject(m_pEEType));
        result._helperObject = list;
        result._extraFunctionPointerOrData = count;
        result._functionPointer = result.GetThunk(MulticastThunk);
        result._firstParameter = result;
        return result;
    }
}
