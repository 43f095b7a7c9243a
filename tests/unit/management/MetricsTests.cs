using Kilonova.Tool;
using Xunit;

namespace Kilonova.Management.Tests;

public class MetricsTests
{
    [Fact]
    public void Counters_are_in_the_format_that_Prometheus_reads()
    {
        string text = MetricsCommand.Format([("first", FakeSystem.First)], [("first", "exits MSR", 7)], (1000, 200), 1_000_000_000);

        Assert.Contains("# TYPE kilonova_component_up gauge\nkilonova_component_up{component=\"first\"} 1\n", text);
        Assert.Contains("kilonova_component_starts_total{component=\"first\"} 3\n", text);
        Assert.Contains("kilonova_component_cpu_seconds_total{component=\"first\"} 5\n", text);
        Assert.Contains("kilonova_component_memory_bytes{component=\"first\"} 40960\n", text);
        Assert.Contains("# TYPE kilonova_component_calls_total counter\nkilonova_component_calls_total{component=\"first\"} 70\n", text);
        Assert.Contains("kilonova_component_answers_total{component=\"first\"} 800\n", text);
        Assert.Contains("kilonova_component_ring_records_total{component=\"first\"} 9000\n", text);
        Assert.Contains("kilonova_memory_free_bytes 4096000\n", text);
        Assert.Contains("kilonova_component_counter{component=\"first\",name=\"exits MSR\"} 7\n", text);
        Assert.EndsWith("\n", text);
    }

    [Fact]
    public void What_a_guest_costs_has_labels_of_its_own()
    {
        string text = MetricsCommand.FormatGuests(
            [("first", "linux", FakeSystem.Alpha), ("second", "micro", FakeSystem.Beta)],
            [("first", FakeSystem.First)],
            [
                ("first", "exits MSR", 7), ("first", "virtual CPU 1 microseconds", 2_500_000), ("first", "disk:0.1 bytes written", 4096),
                ("first", "disk:0.1 flushes", 3), ("first", "disk:0.1 failures", 1), ("first", "net:0 packets lost", 5),
                ("third", "exits MSR", 8), ("second", "microseconds of another kind", 9),
            ]);

        Assert.Contains("# TYPE kilonova_guest_up gauge\nkilonova_guest_up{guest=\"first\",monitor=\"linux\"} 1\n", text);
        Assert.Contains("kilonova_guest_paused{guest=\"second\",monitor=\"micro\"} 1\n", text);
        Assert.Contains("kilonova_guest_memory_bytes{guest=\"second\",monitor=\"micro\"} 67108864\n", text);
        Assert.Contains("kilonova_guest_cpu_seconds_total{guest=\"first\",monitor=\"linux\",vcpu=\"1\"} 2.5\n", text);
        Assert.Contains("kilonova_guest_exits_total{guest=\"first\",monitor=\"linux\",reason=\"MSR\"} 7\n", text);
        Assert.Contains("kilonova_guest_disk_bytes_total{guest=\"first\",monitor=\"linux\",disk=\"disk:0.1\",operation=\"write\"} 4096\n", text);
        Assert.Contains("kilonova_guest_disk_requests_total{guest=\"first\",monitor=\"linux\",disk=\"disk:0.1\",operation=\"flush\"} 3\n", text);
        Assert.Contains("kilonova_guest_disk_failures_total{guest=\"first\",monitor=\"linux\",disk=\"disk:0.1\"} 1\n", text);
        Assert.Contains("kilonova_guest_network_packets_total{guest=\"first\",monitor=\"linux\",network=\"net:0\",outcome=\"lost\"} 5\n", text);
        Assert.Contains("kilonova_guest_ring_records_total{guest=\"first\",monitor=\"linux\"} 9000\n", text);
        Assert.DoesNotContain("third", text);
        Assert.DoesNotContain(" 9\n", text);
    }
}
