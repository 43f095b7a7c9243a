using System;
using System.CommandLine;
using System.Linq;
using System.Text;
using Kilonova.Contracts;
using Kilonova.Management;
using Spectre.Console;

namespace Kilonova.Tool;

/// <summary>Commands about the console's views: views, view, type.</summary>
internal static class ViewCommands
{
    internal static Command CreateViews()
    {
        Command command = new("views", "Lists the views of the console: one per component that uses it, and the log.");
        command.SetAction(parsed =>
        {
            using var system = Options.OpenSystem(parsed);
            var table = Output.Table("View", "Focus", "Written");
            foreach (var (name, view) in system.ListViews())
                table.AddRow(Markup.Escape(name), view.HasFocus ? "focus" : "-", $"{view.Written} bytes");

            Output.Write(table);
            return ExitCode.Success;
        });
        return command;
    }

    internal static Command CreateView()
    {
        var name = View();
        Command command = new("view", "Prints what is kept of a view's text.") { name };
        command.SetAction(parsed =>
        {
            using var system = Options.OpenSystem(parsed);
            var view = Find(system, parsed.GetRequiredValue(name)).View;
            var position = 0ul;
            for (var text = system.ReadView(view, ref position); text is { Length: > 0 }; text = system.ReadView(view, ref position))
                Console.Write(Printable(text));

            return ExitCode.Success;
        });
        return command;
    }

    internal static Command CreateType()
    {
        var name = View();
        Argument<string> text = new("text") { Description = "The line." };
        Command command = new("type", "Types a line into a view.") { name, text };
        command.SetAction(parsed =>
        {
            using var system = Options.OpenSystem(parsed);
            Type(system, Find(system, parsed.GetRequiredValue(name)).View, parsed.GetRequiredValue(text));
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>The view of a name.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    internal static ViewDescription Find(ManagementClient system, string name)
    {
        var views = system.ListViews();
        return views.FirstOrDefault(view => view.Name == name) is { Name: not null } found
            ? found.Description
            : throw new CommandException($"no view '{name}'; there are: {string.Join(", ", views.Select(view => view.Name))}");
    }

    /// <summary>Types a line into a view.</summary>
    /// <exception cref="CommandException">That failed.</exception>
    internal static void Type(ManagementClient system, ulong view, string line)
    {
        var status = system.Type(view, Encoding.UTF8.GetBytes(line + "\r"));
        if (status != ContractStatus.Ok)
            throw new CommandException(status == ContractStatus.Denied ? "nothing can be typed into this view" : $"not typed: {status}");
    }

    /// <summary>Text of a view for this terminal, which it does not steer.</summary>
    internal static string Printable(byte[] text) =>
        new([.. Encoding.UTF8.GetString(text).Select(letter => letter != '\n' && char.IsControl(letter) ? '?' : letter)]);

    private static Argument<string> View() => new("view") { Description = "The view's name; 'log' is the log of all components." };
}
