using System.Linq;
using Kilonova.Contracts;
using Kilonova.Manifest;
using Xunit;

namespace Kilonova.Sigma0.Tests;

public class ServiceDirectoryTests
{
    private const int Server = 1;
    private const int Client = 2;

    private static readonly ComponentLine s_serverLine = new() { Offers = ["disk"u8.ToArray()] };
    private static readonly ComponentLine s_clientLine = new() { Uses = [new ServiceUse("store"u8.ToArray(), "disk"u8.ToArray())] };

    [Fact]
    public void A_component_offers_what_its_line_names_and_nothing_else()
    {
        ServiceDirectory services = new();

        Assert.Equal(ContractStatus.Denied, services.Offer(Server, s_clientLine, "disk"u8, 1, 2, 0, out _));
        Assert.Equal(ContractStatus.Ok, services.Offer(Server, s_serverLine, "disk"u8, 1, 2, 0, out _));
        Assert.Equal(ContractStatus.Exists, services.Offer(Server, s_serverLine, "disk"u8, 1, 2, 0, out _));
        Assert.Equal(ContractStatus.InvalidArgument, services.Offer(Server, s_serverLine, ""u8, 1, 2, 0, out _));
    }

    [Fact]
    public void A_component_uses_what_its_line_names_by_the_name_that_it_has_for_it()
    {
        ServiceDirectory services = WithDisk();

        Assert.Equal(ContractStatus.Ok, services.Open(Client, s_clientLine, "store"u8, out Session? session));
        Assert.Equal((Server, Client), (session!.Server, session.Client));
        Assert.Equal(ContractStatus.Denied, services.Open(Client, s_clientLine, "disk"u8, out _));
        Assert.Equal(ContractStatus.Denied, services.Open(Server, s_serverLine, "disk"u8, out _));
    }

    [Fact]
    public void A_service_that_nobody_offers_yet_may_come_later() =>
        Assert.Equal(ContractStatus.Busy, new ServiceDirectory().Open(Client, s_clientLine, "store"u8, out _));

    [Fact]
    public void A_servers_closed_sessions_are_told_once_and_their_numbers_never_come_again()
    {
        ServiceDirectory services = WithDisk();
        services.Open(Client, s_clientLine, "store"u8, out Session? session);
        ulong number = session!.Number;
        services.Close(session);

        Assert.Null(services.FindSession(number));
        Assert.False(services.TryTakeClosed(Client, out _));
        Assert.True(services.TryTakeClosed(Server, out ulong told));
        Assert.Equal(number, told);
        Assert.False(services.TryTakeClosed(Server, out _));
        services.Open(Client, s_clientLine, "store"u8, out session);
        Assert.NotEqual(number, session!.Number);
    }

    [Fact]
    public void Sessions_and_offers_go_with_their_server()
    {
        ServiceDirectory services = WithDisk();
        services.Open(Client, s_clientLine, "store"u8, out _);
        services.RemoveServer(Server);

        Assert.All(services.Sessions.ToArray(), session => Assert.Equal(0ul, session.Number));
        Assert.Equal(ContractStatus.Busy, services.Open(Client, s_clientLine, "store"u8, out _));
        Assert.Equal(ContractStatus.Ok, services.Offer(Server, s_serverLine, "disk"u8, 1, 2, 0, out _));
    }

    [Fact]
    public void One_client_cannot_take_all_sessions()
    {
        ServiceDirectory services = WithDisk();
        int opened = Enumerable.Range(0, ServiceDirectory.MaxSessions)
            .Count(_ => services.Open(Client, s_clientLine, "store"u8, out Session? _) == ContractStatus.Ok);

        Assert.Equal(ServiceDirectory.MaxSessionsOfClient, opened);
        Assert.Equal(ContractStatus.Ok, services.Open(Client + 1, s_clientLine, "store"u8, out _));
    }

    private static ServiceDirectory WithDisk()
    {
        ServiceDirectory services = new();
        services.Offer(Server, s_serverLine, "disk"u8, 1, 2, 0, out _);
        return services;
    }
}
