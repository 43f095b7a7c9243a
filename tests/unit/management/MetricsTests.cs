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
}
