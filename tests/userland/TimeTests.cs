using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>Time of the CPU and time of the clock: threads on several CPUs, reservations and their refusal, timeouts.</summary>
public class TimeTests
{
    private const string Admission =
        "  - name: admission\n    image: components/admission.elf\n    memory: 512K\n    heap: 128K\n    kernel-memory: 512K\n    cpus: all\n"
        + "    priority: realtime\n    restart: always\n    offers: [admission]\n";

    private const string Timer =
        "  - name: timer\n    image: components/timer.elf\n    memory: 4M\n    heap: 3M\n    priority: driver\n    restart: always\n    offers: [timer]\n";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Threads_of_a_component_run_on_each_of_its_cpus(int cpus)
    {
        using World world = World.Of($"threads-{cpus}", Admission + Visitor("spread", "    cpus: all\n    memory: 512K\n    uses: [admission]\n"), cpus);

        world.Expect($"visitor| threads ran on {cpus} CPUs");
        world.IsSound();
    }

    [Theory]
    [InlineData("yes", 0)]
    [InlineData("no", 16)]
    public void Nobody_but_admission_gives_threads_time_and_the_manifest_says_who_may_have_more_than_one(string schedules, int status)
    {
        using World world = World.Of($"one-more-{schedules}", Visitor("thread", $"    memory: 512K\n    schedules: {schedules}\n"));

        world.Expect("visitor| create_sc: BAD_CAP", "visitor| as if it were admission: 16", $"visitor| asked for: {status}");
        if (status == 0)
            world.Expect("visitor| a thread on CPU 0");

        world.IsSound();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void When_admission_is_killed_its_next_life_gives_everybody_time_again(int cpus)
    {
        using World world = World.Of(
            $"admission-killed-{cpus}",
            ManifestLines.ConsoleOnSerial + ManifestLines.Shell + Visitor("thread", $"    cpus: [{cpus - 1}]\n    memory: 512K\n    schedules: yes\n"), cpus);

        world.Expect("Welcome to Kilonova");
        world.Do("list", "visitor: running");
        for (int life = 2; life <= 4; life++)
        {
            world.Do("kill admission", "kill admission: done");
            world.Do("list", "console: running, life 1", "shell: running, life 1", "visitor: running, life 1", $"admission: running, life {life}");
        }

        world.IsSound();
    }

    [Fact]
    public void The_request_past_the_full_cpu_is_refused_and_fits_after_another_was_given_back()
    {
        using World world = World.Of(
            "reserve", Admission + Visitor("reserve", "    memory: 1M\n    kernel-memory: 512K\n    uses: [admission]\n"), cpus: 1);

        world.Expect(
            "visitor| first: 0", "visitor| admitted 4, then verdict 3", "visitor| a whole CPU: 3", "visitor| given back: 0, reserved before 850",
            "visitor| again: 0", "visitor| visitor has 4000 of 20000 us", "visitor| took ");
        world.IsSound();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Twenty_thousand_timeouts_come_in_order_and_none_before_its_time(int cpus)
    {
        using World world = World.Of(
            $"timers-{cpus}", Timer + Visitor("timers=20000", $"    cpus: [{cpus - 1}]\n    memory: 512K\n    uses: [timer]\n"), cpus);

        world.Expect("visitor| 20000 timeouts came in order, late by");
        world.IsSound();
    }

    private static string Visitor(string arguments, string further) =>
        $"  - name: visitor\n    image: tests/visitor.elf\n    arguments: {arguments}\n{further}";
}
