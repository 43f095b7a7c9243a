using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Switching.Tests;

public class AddressTableTests
{
    private const int Ports = 4;

    /// <summary>
    /// Against a dictionary that remembers everything: what the table says is what the dictionary says. With few addresses it knows all that
    /// the dictionary knows.
    /// </summary>
    [Fact]
    public void What_the_table_knows_is_what_was_last_seen() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(300),
            Prop.ForAll(Operations(AddressTable.Window).ToArbitrary(), operations => Compare(operations, isComplete: true)));

    [Fact]
    public void With_many_addresses_it_may_not_know_but_never_says_what_is_wrong() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(20),
            Prop.ForAll(Operations(100_000, 5_000).ToArbitrary(), operations => Compare(operations, isComplete: false)));

    [Fact]
    public void A_port_that_makes_addresses_up_pushes_out_its_own_alone()
    {
        AddressTable table = new(Ports);
        for (ulong station = 1; station <= 100; station++)
            table.Learn(Station(station), 1, station);

        ulong[] known = [.. Enumerable.Range(1, 100).Select(i => Station((ulong)i)).Where(address => table.TryFind(address, 1000, out _, out _))];
        for (ulong made = 0; made < 100_000; made++)
            table.Learn(Station((1 << 20) + made), 2, 1000);

        Assert.All(known, address => Assert.True(table.TryFind(address, 1000, out int port, out _) && port == 1));
        Assert.True(known.Length > 90);

        // Its share, and no more.
        Assert.InRange(table.CountOf(2), 500, 4096 / Ports);
    }

    [Fact]
    public void What_a_port_has_forgotten_makes_place_for_others()
    {
        AddressTable table = new(Ports);
        for (ulong made = 0; made < 100_000; made++)
            table.Learn(Station(made + 1), 2, 1);

        ulong later = AddressTable.Lifetime + 1;
        int known = 0;
        for (ulong made = 0; made < 10_000; made++)
        {
            table.Learn(Station((1 << 30) + made), 2, later);
            known += table.TryFind(Station((1 << 30) + made), later, out _, out _) ? 1 : 0;
        }

        Assert.True(known > 8_000, $"{known}");
    }

    [Fact]
    public void A_pinned_address_stays_for_ever()
    {
        AddressTable table = new(Ports);
        Assert.True(table.TryPin(Station(7), 3));
        table.Forget(3);
        Assert.True(table.TryFind(Station(7), ulong.MaxValue / 2, out int port, out bool isPinned));
        Assert.Equal((3, true), (port, isPinned));
    }

    private static void Compare((int Kind, int Port, ulong Address, ulong Pause)[] operations, bool isComplete)
    {
        AddressTable table = new(Ports);
        Dictionary<ulong, (int Port, ulong Seen)> model = [];
        ulong now = 1;
        foreach ((int kind, int port, ulong address, ulong pause) in operations)
        {
            now += pause;
            if (kind == 0)
            {
                table.Forget(port);
                foreach (ulong gone in model.Where(entry => entry.Value.Port == port).Select(entry => entry.Key).ToArray())
                    model.Remove(gone);
            }
            else
            {
                table.Learn(address, port, now);
                model[address] = (port, now);
            }

            foreach (ulong asked in operations.Take(20).Select(operation => operation.Address).Append(address))
            {
                bool isKnown = model.TryGetValue(asked, out (int Port, ulong Seen) seen) && now - seen.Seen < AddressTable.Lifetime;
                bool isFound = table.TryFind(asked, now, out int at, out bool isPinned);
                Assert.False(isPinned);
                Assert.True(isKnown || !isFound);
                Assert.True(isFound == isKnown || !isComplete);
                if (isFound)
                    Assert.Equal(seen.Port, at);
            }
        }
    }

    private static Gen<(int Kind, int Port, ulong Address, ulong Pause)[]> Operations(int addresses, int count = 60) =>
        Gen.ArrayOf(
            from kind in Gen.Choose(0, 30)
            from port in Gen.Choose(0, Ports - 1)
            from address in Gen.Choose(1, addresses)
            from pause in Gen.Elements(0ul, 1ul, AddressTable.Lifetime / 3, AddressTable.Lifetime - 1, AddressTable.Lifetime)
            select (kind, port, Station((ulong)address), addresses > 1000 ? pause / 1000 : pause),
            count);

    private static ulong Station(ulong number) => number << 8 | 2;
}
