// A client and a server of the protocol with everything, joined by the fake kernel.
using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Contracts.Tests;

internal sealed class Connection
{
    public const ulong ObjectWindow = 0x40;
    public const ulong MemoryWindow = 0x800;

    public Connection(Session? session = null)
    {
        Session = session ?? new Session();
        var server = new Everything(Session);
        Kernel = new FakeKernel((message, arrived) => EverythingDispatcher.Dispatch(ref server, message, arrived));
        Kernel.ServerWindows[(int)ItemKind.Object] = new Window(ObjectWindow, 4).Raw;
        Kernel.ServerWindows[(int)ItemKind.Memory] = new Window(MemoryWindow, 4).Raw;
        Kernel.ServerWindows[(int)ItemKind.Port] = new Window(0, 16).Raw;
        Client = new EverythingClient<FakeKernel.Transport>(Kernel.Portal);
    }

    public Session Session { get; }

    public FakeKernel Kernel { get; }

    public EverythingClient<FakeKernel.Transport> Client { get; }
}
