using System;
using System.Threading;
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

    /// <summary>
    /// Looks again and again, first at what the next looks are compared with: on a terminal in one place, behind a pipe one table after another.
    /// </summary>
    /// <param name="look">Gives a table.</param>
    /// <param name="interval">Time between looks.</param>
    /// <param name="count">How many; 0 until somebody cancels.</param>
    /// <param name="cancellation">Cancels.</param>
    internal static void Watch(Func<Table> look, TimeSpan interval, int count, CancellationToken cancellation)
    {
        bool Goes(int looks) => (count == 0 || looks < count) && !cancellation.WaitHandle.WaitOne(interval);
        var first = look();
        if (Console.IsOutputRedirected)
        {
            for (var i = 0; Goes(i); i++)
                Write(look());

            return;
        }

        AnsiConsole.Live(first).Start(live =>
        {
            for (var i = 0; Goes(i); i++)
            {
                live.UpdateTarget(look());
                live.Refresh();
            }
        });
    }
}
