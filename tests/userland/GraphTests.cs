using System.Globalization;
using System.Linq;
using System.Text;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>Many components at once, and one that is killed again and again.</summary>
public class GraphTests
{
    private const int Components = 64;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Sixty_four_components_find_each_other_along_a_graph_in_whatever_order_they_start(int cpus)
    {
        StringBuilder manifest = new();
        for (int i = Components - 1; i >= 0; i--)
        {
            // Each needs the one before it and the one at half its number.
            string needs = string.Join(',', new[] { i - 1, i / 2 }.Where(need => need >= 0 && need < i).Distinct().Select(need => $"node-{need}"));
            manifest.Append(CultureInfo.InvariantCulture, $"  - name: node-{i}\n    image: tests/visitor.elf\n    cpus: all\n");
            manifest.Append(CultureInfo.InvariantCulture, $"    arguments: node=node-{i}{(needs.Length == 0 ? "" : " needs=" + needs)}\n");
            manifest.Append(CultureInfo.InvariantCulture, $"    offers: [node-{i}]\n{(needs.Length == 0 ? "" : $"    uses: [{needs}]\n")}");
        }

        using World world = World.Of($"graph-{cpus}", manifest.ToString(), cpus);

        world.Expect($"node-{Components - 1} is ready after 2 others");
        world.IsSound();
    }

    [Fact]
    [Trait("Category", "Soak")]
    public void A_server_killed_a_hundred_times_under_load_costs_its_client_no_request()
    {
        // Both are busy all the time: on a CPU of their own, so that the log is printed.
        using World world = World.Of(
            "killed",
            "  - name: server\n    image: tests/visitor.elf\n    arguments: bulk-serve=work\n    cpus: [1]\n    offers: [work]\n    restart: always\n"
            + "  - name: client\n    image: tests/visitor.elf\n    arguments: bulk-call=work\n    cpus: [1]\n    uses: [work]\n"
            + "  - name: killer\n    image: tests/visitor.elf\n    arguments: killer=server times=100\n    priority: service\n    uses: [control]\n");

        world.Expect("killer| killed server 100 times");
        world.Expect("completed", "completed");
        world.IsSound();
    }
}
