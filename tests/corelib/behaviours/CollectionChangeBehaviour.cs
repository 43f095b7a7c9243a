// Which changes an enumerator notices, and which it lets pass; comparers that throw.
using System;
using System.Collections;
using System.Collections.Generic;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static class CollectionChangeBehaviour
{
    private sealed class Counting : IEqualityComparer<int>
    {
        internal int Hashes;
        internal bool Fails;

        public bool Equals(int x, int y) => x == y;

        public int GetHashCode(int obj)
        {
            Hashes++;
            return Fails ? throw new Deliberate("hash") : obj;
        }
    }

    internal static void Run()
    {
        Area("change");
        Lists();
        Tables();
        QueuesAndStacks();
    }

    private static void Lists()
    {
        OfList("add", list => list.Add(9));
        OfList("set", list => list[0] = 9);
        OfList("reverse", list => list.Reverse());
        OfList("sort", list => list.Sort());
        OfList("clear", list => list.Clear());
        OfList("insert", list => list.Insert(0, 1));
        OfList("remove nothing", list => list.RemoveAll(x => x > 1000));
        OfList("remove empty range", list => list.RemoveRange(1, 0));
        OfList("add nothing", list => list.AddRange(new int[0]));
        Throws("list for each, last", () =>
        {
            List<int> list = new List<int> { 1 };
            list.ForEach(x => list.Add(x));
        });
        Throws("list reset", () =>
        {
            List<int> list = new List<int> { 1 };
            IEnumerator<int> walk = list.GetEnumerator();
            list.Add(2);
            walk.Reset();
        });
        List<int>.Enumerator ends = new List<int> { 5 }.GetEnumerator();
        Value("list current before", ends.Current);
        Value("list moves", ends.MoveNext() + " " + ends.Current + " " + ends.MoveNext() + " " + ends.MoveNext());
        Value("list current behind", ends.Current);
        IEnumerator untyped = new List<int> { 5 }.GetEnumerator();
        Throws("list untyped current before", () => Opaque(untyped.Current));
        untyped.MoveNext();
        Value("list untyped current", (int)untyped.Current!);
        untyped.MoveNext();
        Throws("list untyped current behind", () => Opaque(untyped.Current));
    }

    private static void Tables()
    {
        OfDictionary("add", table => table.Add(9, 9));
        OfDictionary("replace", table => table[2] = 9);
        OfDictionary("remove", table => table.Remove(2));
        OfDictionary("clear", table => table.Clear());
        OfDictionary("add in vain", table => table.TryAdd(2, 9));
        Throws("keys begun late", () =>
        {
            Dictionary<int, int> table = new Dictionary<int, int> { [1] = 1 };
            IEnumerator<int> walk = ((IEnumerable<int>)table.Keys).GetEnumerator();
            table.Add(2, 2);
            walk.MoveNext();
        });
        Throws("values begun late", () =>
        {
            Dictionary<int, int> table = new Dictionary<int, int> { [1] = 1 };
            Dictionary<int, int>.ValueCollection.Enumerator walk = table.Values.GetEnumerator();
            table.Add(2, 2);
            walk.MoveNext();
        });
        Dictionary<int, int> views = new Dictionary<int, int> { [1] = 10 };
        Dictionary<int, int>.KeyCollection keys = views.Keys;
        views.Add(2, 20);
        int sum = 0;
        foreach (int key in keys)
            sum += key;
        foreach (int value in views.Values)
            sum += value;
        Value("views follow", sum);
        Value("views are one", ReferenceEquals(views.Keys, keys));
        OfSet("add", set => set.Add(9));
        OfSet("add in vain", set => set.Add(2));
        OfSet("remove", set => set.Remove(2));
        OfSet("clear", set => set.Clear());

        Counting comparer = new Counting();
        Dictionary<int, int> hashed = new Dictionary<int, int>(8, comparer) { { 1, 1 }, { 2, 2 } };
        Value("hashes per key", comparer.Hashes);
        comparer.Fails = true;
        Throws("hash throws", () => hashed.Add(3, 3));
        comparer.Fails = false;
        hashed.Add(4, 4);
        Values("after a throw", hashed.Keys);
    }

    private static void QueuesAndStacks()
    {
        Throws("queue begun late", () =>
        {
            Queue<int> queue = new Queue<int>();
            queue.Enqueue(0);
            IEnumerator<int> walk = ((IEnumerable<int>)queue).GetEnumerator();
            queue.Enqueue(1);
            walk.MoveNext();
        });
        Throws("stack push", () =>
        {
            Stack<int> stack = new Stack<int>();
            stack.Push(1);
            foreach (int item in stack)
                stack.Push(item);
        });
        Throws("stack pop", () =>
        {
            Stack<int> stack = new Stack<int>();
            stack.Push(1);
            stack.Push(2);
            foreach (int item in stack)
                stack.Pop();
        });
    }

    private static void OfList(string name, Action<List<int>> change) => Throws("list " + name, () =>
    {
        List<int> list = new List<int> { 1, 2, 3 };
        foreach (int item in list)
            change(list);
    });

    private static void OfDictionary(string name, Action<Dictionary<int, int>> change) => Throws("dictionary " + name, () =>
    {
        Dictionary<int, int> table = new Dictionary<int, int> { [1] = 1, [2] = 2, [3] = 3 };
        bool changed = false;
        foreach (KeyValuePair<int, int> item in table)
        {
            if (!changed)
                change(table);
            changed = true;
        }
    });

    private static void OfSet(string name, Action<HashSet<int>> change) => Throws("set " + name, () =>
    {
        HashSet<int> set = new HashSet<int> { 1, 2, 3 };
        bool changed = false;
        foreach (int item in set)
        {
            if (!changed)
                change(set);
            changed = true;
        }
    });
}
