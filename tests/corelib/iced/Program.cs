using System;
using System.Text;
using Kilonova.CoreLibTests;

namespace Kilonova.IcedComparison;

/// <summary>
/// Prints hashes over what Iced makes of many instructions, block by block, so that a difference between this run and the host's shows
/// where it lies.
/// </summary>
internal static class Program
{
    private static void Main()
    {
        Platform.Start();
        Examiner examiner = new Examiner();
        OpcodeTable.Run(examiner);
        RandomStreams.Run(examiner);
        Platform.Exit(examiner.Failed ? 1 : 0);
    }

    internal static void Print(string text) => Platform.WriteLine(Encoding.UTF8.GetBytes(text));
}
