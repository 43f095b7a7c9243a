using System;
using System.CommandLine;
using System.Threading.Tasks;
using Kilonova.Tool;

// kilonova: what people use from outside. Builds images, runs scenarios, sees and controls running systems. docs/management.md.
var commands = new RootCommand("Builds images of Kilonova, runs them in emulators, sees and controls running systems.")
{
    ImageCommand.Create(),
    RunCommand.Create(),
    AttachCommand.Create(),
    ViewCommands.CreateViews(),
    ViewCommands.CreateView(),
    ViewCommands.CreateType(),
    ComponentCommands.CreateList(),
    ComponentCommands.CreateTop(),
    ComponentCommands.CreateStart(),
    ComponentCommands.CreateStop(),
    ComponentCommands.CreateKill(),
    ComponentCommands.CreateLog(),
    ComponentCommands.CreateCrash(),
    GuestCommands.CreateGuests(),
    GuestCommands.CreatePause(),
    GuestCommands.CreateResume(),
    GuestCommands.CreateReset(),
    GuestCommands.CreatePress(),
    GuestCommands.CreateOff(),
    GuestCommands.CreateDefine(),
    MetricsCommand.Create(),
};
commands.Options.Add(Options.Root);
commands.Options.Add(Options.Connect);
var parsed = commands.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
        await Console.Error.WriteLineAsync(error.Message);

    await Console.Error.WriteLineAsync("kilonova --help lists commands, kilonova COMMAND --help what one takes");
    return ExitCode.Usage;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (CommandException failure)
{
    await Console.Error.WriteLineAsync(failure.Message);
    return failure.Code;
}
