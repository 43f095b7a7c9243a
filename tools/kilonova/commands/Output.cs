using System;
using Spectre.Console;

namespace Kilonova.Tool;

/// <summary>How results are laid out: for a person on a terminal, or one record a line for a program behind a pipe.</summary>
internal static class Output
{
    // No terminal tells its width behind a pipe: rows are not to be broken there.
    private const int WidthOfPipe = 1000;

    /// <summary>An empty table.</summary>
    internal static Table Table(params string[] columns)
    {
        Table table = new() { Border = Console.IsOutputRedirected ? TableBorder.None : TableBorder.Rounded };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(column).NoWrap());

        return table;
    }

    /// <summary>Prints a table.</summary>
    internal static void Write(Table table)
    {
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = WidthOfPipe;

        AnsiConsole.Write(table);
    }
}
