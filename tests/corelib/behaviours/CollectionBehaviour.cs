// Lists, dictionaries, sets, queues, stacks, and arrays as collections.
using System;
using System.Collections;
using System.Collections.Generic;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static class CollectionBehaviour
{
    private sealed class IgnoringCase : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.OrdinalIgnoreCase);

        public int GetHashCode(string obj) => obj.ToUpperInvariant().GetHashCode();
    }

    internal static void Run()
    {
        Area("collection");
        Lists();
        Dictionaries();
        Sets();
        QueuesAndStacks();
        Arrays();
        CollectionChangeBehaviour.Run();
    }

    private static void Lists()
    {
        List<int> list = new List<int> { 5, 3 };
        for (int i = 0; i < 10; i++)
            list.Add(i * i);
        Values("list", list);
        list.Insert(1, -1);
        list.RemoveAt(0);
        Value("removed", list.Remove(49) + " " + list.Remove(50));
        Value("removed all", list.RemoveAll(x => x % 2 == 0));
        Values("remaining", list);
        list.AddRange(new[] { 7, 8 });
        list.AddRange(Sequence(3));
        list.Reverse();
        Values("reversed", list);
        Value("index", list.IndexOf(8) + " " + list.IndexOf(99) + " " + list.Contains(7));
        Value("found", list.Find(x => x > 20) + " " + list.FindIndex(x => x > 1000) + " " + list.Exists(x => x == 8));
        list.Sort();
        Values("sorted", list);
        Value("search", list.BinarySearch(7));
        list.RemoveRange(2, 3);
        Values("without range", list.ToArray());
        list[0] = 77;
        Value("first", list[0] + list.Count);
        Throws("index beyond", () => Opaque(list[Opaque(100)]));
        Throws("remove beyond", () => list.RemoveAt(-1));
        Throws("insert beyond", () => list.Insert(100, 1));
        Throws("changed while walking", () =>
        {
            foreach (int item in list)
                list.Add(item);
        });
        list.Clear();
        Value("cleared", list.Count);
        Values("of sequence", new List<int>(Sequence(4)));
        Values("read-only", new List<string> { "x", "y" }.AsReadOnly());
        IList untyped = new List<string> { "a" };
        untyped.Add("b");
        Value("untyped", untyped.Count + " " + untyped.Contains("b") + " " + untyped.Contains(5) + " " + untyped[1]);
        List<int> expression = [1, .. Sequence(3), 9];
        Values("collection expression", expression);
    }

    private static void Dictionaries()
    {
        Dictionary<string, int> dictionary = new Dictionary<string, int>();
        for (int i = 0; i < 30; i++)
            dictionary.Add("key" + i, i);
        dictionary["key7"] = 700;
        dictionary["new"] = -1;
        Value("count", dictionary.Count);
        Value("value", dictionary["key7"] + dictionary["key29"]);
        Value("lookup", dictionary.TryGetValue("key3", out int three) + " " + three + " " + dictionary.TryGetValue("none", out int none) + " " + none);
        Throws("missing", () => Opaque(dictionary["none"]));
        Throws("twice", () => dictionary.Add("key1", 1));
        Throws("null", () => dictionary.Add(null!, 1));
        Value("try add", dictionary.TryAdd("key1", 5) + " " + dictionary.TryAdd("key100", 5));
        Value("remove", dictionary.Remove("key5") + " " + dictionary.Remove("key5") + " " + dictionary.Remove("key6", out int six) + " " + six);
        Value("contains", dictionary.ContainsKey("key5") + " " + dictionary.ContainsKey("key4") + " " + dictionary.ContainsValue(700));
        long sum = 0;
        foreach (KeyValuePair<string, int> pair in dictionary)
            sum += pair.Value;
        foreach ((string key, int value) in dictionary)
            sum += key.Length * value;
        Value("sum", sum);
        Dictionary<int, string> numbers = new Dictionary<int, string> { [3] = "three", [1] = "one", [2] = "two" };
        Values("keys", numbers.Keys);
        Values("values", numbers.Values);
        Value("pair", new KeyValuePair<int, string>(1, "x").ToString());
        Dictionary<string, int> insensitive = new Dictionary<string, int>(new IgnoringCase()) { ["Key"] = 1 };
        Value("comparer", insensitive.ContainsKey("kEY"));
        Throws("changed while walking", () =>
        {
            foreach (KeyValuePair<int, string> pair in numbers)
                numbers.Add(pair.Key + 10, "more");
        });
        Dictionary<long, long> large = new Dictionary<long, long>();
        for (long i = 0; i < 1000; i++)
            large[i << 33] = i;
        for (long i = 0; i < 1000; i += 2)
            large.Remove(i << 33);
        for (long i = 0; i < 1000; i += 4)
            large[i << 33] = -i;
        long check = 0;
        for (long i = 0; i < 1000; i++)
            check = (check * 31) + (large.TryGetValue(i << 33, out long found) ? found : 7);
        Value("large", check);
        large.Clear();
        Value("cleared", large.Count + " " + large.ContainsKey(0));
        Value("structs as keys", new Dictionary<(int, string), int> { [(1, "a")] = 5 }[(Opaque(1), Opaque("a"))]);
        Value("enums as keys", new Dictionary<DayOfWeekLike, int> { [DayOfWeekLike.Tuesday] = 5 }[Opaque(DayOfWeekLike.Tuesday)]);
    }

    private enum DayOfWeekLike : byte
    {
        Monday,
        Tuesday,
    }

    private static void Sets()
    {
        HashSet<int> set = new HashSet<int> { 1, 2, 3 };
        Value("set add", set.Add(3) + " " + set.Add(4));
        Value("set", set.Count + " " + set.Contains(4) + " " + set.Contains(5) + " " + set.Remove(1));
        set.UnionWith(new[] { 7, 8, 4 });
        set.ExceptWith(new[] { 2 });
        Values("set operations", set);
        set.IntersectWith(new[] { 3, 8, 100 });
        Values("set intersection", set);
        Value("set relations", set.SetEquals(new[] { 8, 3 }) + " " + set.IsSubsetOf(new[] { 1, 3, 5, 8 }) + " " + set.IsSubsetOf(new[] { 3 }));
    }

    private static void QueuesAndStacks()
    {
        Queue<int> queue = new Queue<int>();
        for (int i = 0; i < 6; i++)
            queue.Enqueue(i);
        Value("dequeued", queue.Dequeue() + queue.Dequeue());
        for (int i = 6; i < 12; i++)
            queue.Enqueue(i);
        Values("queue", queue);
        Value("peek", queue.Peek() + " " + queue.Count + " " + queue.Contains(11));
        while (queue.TryDequeue(out _))
        {
        }
        Throws("queue empty", () => queue.Dequeue());
        Stack<string> stack = new Stack<string>();
        stack.Push("a");
        stack.Push("b");
        stack.Push("c");
        Value("popped", stack.Pop() + stack.Peek());
        Values("stack", stack);
        stack.Clear();
        Throws("stack empty", () => stack.Pop());
    }

    private static void Arrays()
    {
        int[] array = { 3, 1, 2 };
        IList<int> list = array;
        Value("array as list", list.Count + " " + list.IndexOf(2) + " " + list.Contains(9) + " " + list[1]);
        Throws("array does not grow", () => list.Add(1));
        IReadOnlyList<object> covariant = new[] { "x", "y" };
        Value("array as list of objects", covariant[1] + " " + covariant.Count);
        Values("array as sequence", (IEnumerable<int>)array);
        int count = 0;
        foreach (object item in (IEnumerable)array)
            count += (int)item;
        Value("array as untyped sequence", count);
        Array.Resize(ref array, 5);
        Values("resized", array);
        Array.Copy(array, 0, array, 1, 3);
        Values("copied over itself", array);
        Array.Clear(array, 0, 2);
        Values("cleared", array);
        Array.Fill(array, 4);
        Array.Reverse(array);
        Value("index", Array.IndexOf(array, 4) + " " + Array.IndexOf(array, 5) + " " + Array.FindIndex(array, x => x == 4));
        Values("converted", Array.ConvertAll(array, x => "n" + x));
        Value("cloned", ((int[])array.Clone()).Length);
        Value("empty is one", ReferenceEquals(Array.Empty<int>(), Array.Empty<int>()));
        Throws("copy too long", () => Array.Copy(new int[2], new int[1], 2));
        Throws("copy of other kind", () => Array.Copy(new int[2], new string[2], 2));
        object[] objects = { "a", "b" };
        string[] strings = new string[2];
        Array.Copy(objects, strings, 2);
        Value("copied down the hierarchy", strings[1]);
        Throws("copied what does not fit", () => Array.Copy(new object[] { 1 }, new string[1], 1));
        Throws("negative length", () => Opaque(new int[Opaque(-1)]));
        Values("jagged", new int[][] { new[] { 1 }, new[] { 2, 3 } }[1]);
        ArraySegment<int> segment = new ArraySegment<int>(array, 1, 2);
        Value("segment", segment.Count + segment[0] + segment.Offset);
    }

    private static IEnumerable<int> Sequence(int count)
    {
        for (int i = 1; i <= count; i++)
            yield return i * 10;
    }
}
