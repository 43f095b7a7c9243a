using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>Time of the CPU and time of the clock: threads on several CPUs, reservations and their refusal, timeouts.</summary>
public class TimeTests
{
    private const string Admission =
        "  - name: admission\n    image: components/admission.elf\n    memory: 512K\n    heap: 128K\n    kernel-memory: 512K\n    cpus: all\n"
        + "    priority: realtime\n    restart: always\n    schedules: yes\n    offers: [admission]\n";

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

    [Fact]
    public void The_request_past_the_full_cpu_is_refused_and_fits_after_another_was_given_back()
    {
        using World world = World.Of(
            "reserve", Admission + Visitor("reserve", "    memory: 1M\n    kernel-memory: 512K\n    uses: [admission]\n"), cpus: 1);

        world.Expect(
            "visitor| first: 0", "visitor| admitted 4, then verdict 3", "visitor| a whole CPU: 3", "visitor| given back: 0, reserved before 850",
            "visitor| again: 0", "visitor| visitor has grant 1, 4000 of 20000 us", "visitor| took ");
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
