using System;
using Kilonova.CoreLibTests;

namespace Kilonova.Behaviours;

internal static class Program
{
    private static void Main()
    {
        Platform.Start();
        IntegerBehaviour.Run();
        IntegerTextBehaviour.Run();
        StringBehaviour.Run();
        FormattingBehaviour.Run();
        SpanBehaviour.Run();
        CollectionBehaviour.Run();
        SortingBehaviour.Run();
        TypeBehaviour.Run();
        GenericBehaviour.Run();
        DelegateBehaviour.Run();
        LanguageBehaviour.Run();
        ExceptionBehaviour.Run();
        StaticBehaviour.Run();
        MemoryBehaviour.Run();
        Platform.Exit(0);
    }
}
