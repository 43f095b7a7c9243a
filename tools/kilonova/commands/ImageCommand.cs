using System;
using System.CommandLine;
using System.IO;
using Kilonova.Images;

namespace Kilonova.Tool;

/// <summary>kilonova image: makes bootable images.</summary>
internal static class ImageCommand
{
    internal static Command Create()
    {
        Argument<string> scenario = new("scenario") { Description = "A scenario of images/, or the path of a manifest (.yaml)." };
        Command command = new("image", "Makes OUT/images/SCENARIO.iso (GRUB, BIOS and UEFI) and .img (syslinux) of what ./build.sh build made.")
        {
            scenario,
        };
        command.SetAction(parsed =>
        {
            try
            {
                var loaded = Options.LoadScenario(parsed, parsed.GetRequiredValue(scenario));
                var output = ImageBuilder.Build(loaded, Options.ArtifactsOf(parsed));
                Console.WriteLine($"{output}.iso\n{output}.img");
                return ExitCode.Success;
            }
            catch (Exception failure) when (failure is InvalidOperationException or IOException)
            {
                throw new CommandException(failure.Message);
            }
        });
        return command;
    }
}
