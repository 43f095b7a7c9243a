using System.Linq;
using Xunit;

namespace Kilonova.Sigma0.Tests;

public class TimeTableTests
{
    private const int Component = 3;

    private readonly TimeTable _table = new();

    [Fact]
    public void Threads_are_taken_in_the_order_in_which_they_were_asked_for()
    {
        ulong[] numbers = [.. Enumerable.Range(0, 5).Select(i => Add(i))];

        Assert.Equal(numbers, Enumerable.Range(0, 5).Select(_ => _table.TakeWanted()!.Number));
        Assert.Null(_table.TakeWanted());
    }

    [Fact]
    public void Order_holds_when_entries_in_front_have_become_free()
    {
        ulong first = Add(1);
        ulong second = Add(2);
        _table.EndComponent(1);
        ulong third = Add(3);

        Assert.NotEqual(first, third);
        Assert.Equal([second, third], new[] { _table.TakeWanted()!.Number, _table.TakeWanted()!.Number });
    }

    [Fact]
    public void A_thread_that_nobody_took_ends_without_a_word()
    {
        Add(Component);
        _table.EndComponent(Component);

        Assert.Null(_table.TakeWanted());
        Assert.False(_table.TryTakeReturned(out _));
    }

    [Fact]
    public void Admission_is_told_once_of_each_thread_that_it_took()
    {
        ulong given = Take(Component);
        Assert.True(_table.TryDecide(given, isGiven: true, out _));
        ulong taken = Take(Component);
        _table.EndComponent(Component);

        Assert.True(_table.TryTakeReturned(out ulong first));
        Assert.True(_table.TryTakeReturned(out ulong second));
        Assert.Equal([given, taken], new[] { first, second }.Order());
        Assert.False(_table.TryTakeReturned(out _));
    }

    [Fact]
    public void What_is_decided_too_late_is_given_back()
    {
        ulong number = Take(Component);
        _table.EndComponent(Component);

        Assert.False(_table.TryDecide(number, isGiven: true, out _));
        Assert.True(_table.TryTakeReturned(out ulong returned));
        Assert.Equal(number, returned);
    }

    [Fact]
    public void Only_what_was_taken_is_decided_and_only_once()
    {
        ulong waiting = Add(Component);
        Assert.False(_table.TryDecide(waiting, isGiven: true, out _));

        ulong taken = _table.TakeWanted()!.Number;
        Assert.True(_table.TryDecide(taken, isGiven: true, out _));
        Assert.False(_table.TryDecide(taken, isGiven: true, out _));
        Assert.False(_table.TryDecide(taken + 1, isGiven: true, out _));
    }

    [Fact]
    public void After_admission_has_ended_its_next_life_gives_the_same_threads_time()
    {
        ulong given = Take(1);
        Assert.True(_table.TryDecide(given, isGiven: true, out _));
        ulong taken = Take(2);
        Take(4);
        _table.EndComponent(4);
        _table.Add(5, 0, 20, 10, isBySession: true);
        ulong waiting = Add(6);

        _table.EndAdmission();

        Assert.Equal([given, taken, waiting], Enumerable.Range(0, 3).Select(_ => _table.TakeWanted()!.Number));
        Assert.Null(_table.TakeWanted());
        Assert.False(_table.TryTakeReturned(out _));
    }

    [Fact]
    public void One_component_cannot_use_the_table_up()
    {
        for (int i = 0; i < TimeTable.CapacityOfComponent; i++)
            Add(1);

        Assert.Null(_table.Add(1, 0, 20, 10));
        Assert.NotNull(_table.Add(2, 0, 20, 10));
    }

    private ulong Add(int component) => _table.Add(component, 0, 20, 10)!.Number;

    private ulong Take(int component)
    {
        ulong number = Add(component);
        Assert.Equal(number, _table.TakeWanted()!.Number);
        return number;
    }
}
