using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.ManagementComponent;

/// <summary>The session with the console's views. One thread at a time.</summary>
internal sealed class ViewsSession
{
    private readonly ulong _portals = Component.TakeSelectors(SelectorAllocator.MaxOrder);
    private ulong _session;

    /// <summary>The views, if somebody offers them now and this component's line uses them.</summary>
    internal bool TryOpen(out ViewsClient<PortalTransport> views)
    {
        views = new ViewsClient<PortalTransport>(new PortalTransport(new Portal(_portals + Server.Cpu)));
        return _session != 0 || Component.Parent.Open("views"u8, _portals, out _session) == ContractStatus.Ok;
    }

    /// <summary>Looks at the outcome of a call: a session that broke is closed, so that the next call opens another.</summary>
    internal ContractStatus Note(ContractStatus status)
    {
        if (status is ContractStatus.Aborted or ContractStatus.NoSession)
        {
            _ = Component.Parent.Close(_session);
            _session = 0;
        }

        return status;
    }
}
