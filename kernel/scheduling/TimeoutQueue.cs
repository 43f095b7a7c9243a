namespace Kilonova.Kernel;

/// <summary>What happens when a timeout comes.</summary>
public enum TimeoutKind : byte
{
    /// <summary>An execution context's semaphore operation ends with TIMEOUT.</summary>
    Semaphore,

    /// <summary>A scheduling context's reserved time comes back.</summary>
    Replenishment,
}

/// <summary>A place in a CPU's timeout queue, embedded in what waits.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Timeout
{
    public Timeout* Left;
    public Timeout* Right;

    /// <summary>When, in ticks of the STC.</summary>
    public ulong Deadline;

    /// <summary>The execution or scheduling context in which this is embedded.</summary>
    public KernelObject* Owner;

    /// <summary>Random rank that keeps the tree balanced in expectation.</summary>
    public uint Rank;

    public TimeoutKind Kind;

    private byte _armed;

    public bool IsArmed
    {
        readonly get => _armed != 0;
        set => _armed = value ? (byte)1 : (byte)0;
    }
}

/// <summary>
/// The timeouts of one CPU, ordered by deadline: a treap, so that insertion and removal cost a logarithm and the first one is at hand.
/// Touched by its CPU only.
/// </summary>
public unsafe partial struct TimeoutQueue
{
    private Timeout* _root;
    private Timeout* _first;
    private uint _seed;

    /// <summary>The earliest deadline; ulong.MaxValue if there is none.</summary>
    public readonly ulong Earliest => _first == null ? ulong.MaxValue : _first->Deadline;

    /// <summary>The timeout with the earliest deadline; null if there is none.</summary>
    public readonly Timeout* First => _first;

    public void Insert(Timeout* timeout, ulong deadline)
    {
        _seed = (_seed * 1664525) + 1013904223;
        timeout->Deadline = deadline;
        timeout->Rank = _seed;
        timeout->IsArmed = true;
        if (_first == null || IsBefore(timeout, _first))
            _first = timeout;

        fixed (Timeout** root = &_root)
        {
            Timeout** link = root;
            while (*link != null && (*link)->Rank >= timeout->Rank)
                link = IsBefore(timeout, *link) ? &(*link)->Left : &(*link)->Right;

            // Split what hung here into the new node's subtrees.
            Timeout* node = *link;
            *link = timeout;
            Timeout** left = &timeout->Left;
            Timeout** right = &timeout->Right;
            while (node != null)
            {
                if (IsBefore(node, timeout))
                {
                    *left = node;
                    left = &node->Right;
                    node = *left;
                }
                else
                {
                    *right = node;
                    right = &node->Left;
                    node = *right;
                }
            }

            *left = null;
            *right = null;
        }
    }

    public void Remove(Timeout* timeout)
    {
        fixed (Timeout** root = &_root)
        {
            Timeout** link = root;
            while (*link != timeout)
                link = IsBefore(timeout, *link) ? &(*link)->Left : &(*link)->Right;

            Timeout* left = timeout->Left;
            Timeout* right = timeout->Right;
            while (left != null && right != null)
            {
                if (left->Rank > right->Rank)
                {
                    *link = left;
                    link = &left->Right;
                    left = *link;
                }
                else
                {
                    *link = right;
                    link = &right->Left;
                    right = *link;
                }
            }

            *link = left != null ? left : right;
        }

        timeout->IsArmed = false;
        if (_first == timeout)
            _first = Leftmost(_root);
    }

    private static Timeout* Leftmost(Timeout* node)
    {
        if (node == null)
            return null;

        while (node->Left != null)
            node = node->Left;

        return node;
    }

    /// <summary>Order by deadline, then by address, so that no two are equal.</summary>
    private static bool IsBefore(Timeout* a, Timeout* b) =>
        a->Deadline < b->Deadline || (a->Deadline == b->Deadline && a < b);
}
