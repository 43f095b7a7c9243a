namespace Kilonova.Blocks;

/// <summary>Requests in the order in which they came.</summary>
public struct RequestQueue
{
    private DiskRequest? _first;
    private DiskRequest? _last;

    /// <summary>The oldest; null when there is none.</summary>
    public readonly DiskRequest? First => _first;

    /// <summary>Whether there is none.</summary>
    public readonly bool IsEmpty => _first == null;

    /// <summary>Puts a request behind all others.</summary>
    public void Add(DiskRequest request)
    {
        request.Next = null;
        if (_last == null)
            _first = request;
        else
            _last.Next = request;

        _last = request;
    }

    /// <summary>Puts a request before all others.</summary>
    public void AddFirst(DiskRequest request)
    {
        request.Next = _first;
        _first = request;
        _last ??= request;
    }

    /// <summary>Takes the oldest; there is one.</summary>
    public DiskRequest Take()
    {
        var request = _first!;
        _first = request.Next;
        if (_first == null)
            _last = null;

        request.Next = null;
        return request;
    }
}
