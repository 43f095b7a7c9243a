using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Sessions;

/// <summary>What a call costs by itself: a server that adds four words without looking whether they are right.</summary>
internal static unsafe class RelayServerOnWords
{
    private const uint ReplyWords = 2;

    internal static Portal Portal() => Lab.Server(Lab.BootCpu, &Add);

    private static void Add(ulong identifier, uint mtd)
    {
        var words = Server.Utcb;
        words[1] = words[1] + words[2] + words[3];
        words[0] = 0;
        Server.Reply(ReplyWords);
    }
}
