using Kilonova.Contracts;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Visitor;

/// <summary>Asks where its memory lies, as a driver does.</summary>
internal static class Addresses
{
    private const int LargePage = 9;
    private const uint Pages = 1 << LargePage;

    internal static void Show()
    {
        var status = Dataspace.Create(Pages, LargePage, DataspaceKinds.Contiguous | DataspaceKinds.Low, out var dataspace);
        Log.Write($"large pages: {(uint)status}, aligned {dataspace.Page % Pages}");
        status = Component.Parent.LocateDataspace(dataspace.Number, 0, 0, out var physical, out var pages);
        Log.Write($"located: {(uint)status}, aligned {physical % Pages}, pages {pages}");
        status = Component.Parent.LocateDataspace(dataspace.Number, 0, Pages, out _, out _);
        Log.Write($"behind the end: {(uint)status}");
        dataspace.Memory.WriteWord((int)(Pages * 4096 - 8), 1);
        Log.Write($"quiet: {(uint)Component.Parent.Quiet()}, destroyed: {(uint)dataspace.Destroy()}");
    }
}
