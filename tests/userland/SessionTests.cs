using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>Memory that components share and rings over it: who sees it, who is told when the other ends, who must let go of what.</summary>
public class SessionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Records_go_through_rings_between_components_and_each_is_completed_once(int cpus)
    {
        using World world = World.Of(
            $"bulk-{cpus}", Server("") + Client("bulk-call=work requests=3000", $"    cpus: [{cpus - 1}]\n"), cpus);

        world.Expect("client| 3000 requests completed in 1 sessions");
        world.IsSound();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_client_finds_its_dead_server_by_its_rings_and_goes_on(int cpus)
    {
        using World world = World.Of(
            $"bulk-crash-{cpus}", Server(" lifetime=700") + Client("bulk-call=work requests=2000", $"    cpus: [{cpus - 1}]\n"), cpus);

        world.Expect("client| 2000 requests completed in 3 sessions");
        world.IsSound("unhandled System.InvalidOperationException: unlucky");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_session_that_is_closed_and_opened_again_has_rings_that_the_one_before_does_not_touch(int cpus)
    {
        using World world = World.Of(
            $"bulk-again-{cpus}", Server("") + Client("bulk-again=work rounds=300", $"    cpus: [{cpus - 1}]\n"), cpus);

        world.Expect("client| 300 sessions had rings of their own");
        world.IsSound();
    }

    [Fact]
    public void A_server_that_does_not_let_go_of_an_ended_clients_memory_is_ended_and_the_client_waits_for_that()
    {
        using World world = World.Of(
            "hold",
            "  - name: server\n    image: tests/visitor.elf\n    arguments: hold=work\n    offers: [work]\n    restart: always\n"
            + Client("share=work", "    restart: always\n"));

        world.Expect("server| attach 4 pages for 4: 0, first word 4711", "client| destroy while it is held: 19", "client failed, starts again");
        world.Expect("sigma0| server does not let go of memory of client", "sigma0| server failed, starts again", "started client, life 2");
        world.IsSound();
    }

    [Fact]
    public void Only_who_is_granted_addresses_learns_them_and_large_pages_are_aligned()
    {
        using World world = World.Of(
            "addresses",
            "  - name: plain\n    image: tests/visitor.elf\n    arguments: addresses\n    memory: 4M\n"
            + "  - name: driver\n    image: tests/visitor.elf\n    arguments: addresses\n    memory: 4M\n    addresses: yes\n");

        world.Expect("plain| large pages: 0, aligned 0", "plain| located: 16, aligned 0, pages 0", "plain| quiet: 0, destroyed: 0");
        world.Expect("driver| large pages: 0, aligned 0", "driver| located: 0, aligned 0, pages 512", "driver| behind the end: 21", "driver| quiet: 0, destroyed: 0");
        world.IsSound();
    }

    private static string Server(string arguments) =>
        $"  - name: server\n    image: tests/visitor.elf\n    arguments: bulk-serve=work{arguments}\n    offers: [work]\n    restart: always\n";

    private static string Client(string arguments, string further) =>
        $"  - name: client\n    image: tests/visitor.elf\n    arguments: {arguments}\n    uses: [work]\n{further}";
}
