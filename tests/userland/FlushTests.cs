using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using Kilonova.Boot;
using Kilonova.Soak;
using Xunit;
using static Kilonova.Userland.Tests.ManifestLines;

namespace Kilonova.Userland.Tests;

/// <summary>
/// A guest writes sector after sector, each followed by a flush, and says so when the flush was acknowledged. Meanwhile its monitor and the
/// driver of its disk are killed at random. Whatever was acknowledged is on the disk afterwards, seen from outside.
/// </summary>
public partial class FlushTests
{
    private const int SectorSize = 512;
    private const int Digits = 8;
    private const int DiskSize = 8 << 20;

    // Goes on behind what is there: as many sectors as there are digits for. Commas stand for spaces.
    private const string Writer =
        @"while,!,[,-b,/dev/sda,];do,sleep,1;done;i=$(($(tr,-d,'\0,',</dev/sda|wc,-c)/8));echo,begins,at,$i;"
        + "while,printf,%08d%504s,$i|dd,of=/dev/sda,bs=512,seek=$i,conv=fsync,2>/dev/null;do,echo,flushed,$i;i=$((i+1));done";

    private static readonly string[] s_victims = ["ahci", "linux"];

    [Fact]
    public void No_acknowledged_flush_is_lost_when_monitor_and_driver_are_killed_at_random() => Run("flush", seed: 4711, kills: 8);

    /// <summary>Kills so often.</summary>
    /// <param name="name">Of the world.</param>
    /// <param name="seed">Of the moments and victims.</param>
    /// <param name="kills">How often.</param>
    internal static void Run(string name, int seed, int kills)
    {
        string disk = Path.Combine(Repository.EmptyFolder(name), "disk");
        File.WriteAllBytes(disk, new byte[DiskSize]);
        Random random = new(seed);
        int[] flushed;
        using (World world = World.OfGuests(
            name,
            ConsoleOnSerial + Shell + Platform("ahci=class:010601") + Ahci("linux=write:0")
            + Guest(
                "linux", GuestFiles.Get("vmlinuz-amd64"), GuestFiles.Get("initramfs-modules-amd64"), $"console=ttyS0 quiet run={Writer}", 128, 1,
                "disk=disk:0", "disk"),
            2, 512, "-drive", $"if=none,id=d0,format=raw,file={disk}", "-device", "ide-hd,drive=d0,bus=ide.0"))
        {
            world.Patience = TimeSpan.FromMinutes(2);
            world.Expect("--- linux ---", "begins at 0", "flushed 0", "flushed 9");
            int life = 1;
            for (int kill = 0; kill < kills; kill++)
            {
                // Both in turn, so that a test of few kills has both; when is chance.
                string victim = s_victims[kill % s_victims.Length];
                Thread.Sleep(random.Next(200, 3000));
                world.Show("shell");
                Thread.Sleep(random.Next(500));
                world.Do($"kill {victim}", $"kill {victim}: done");
                if (victim == "linux")
                {
                    world.ShowLife("linux", ++life);
                    world.Expect("begins at ");
                }
                else
                {
                    world.Show("linux");
                }

                // What is shown again was there before: a number that nobody has seen yet says that it goes on.
                Thread.Sleep(1000);
                world.Expect($"flushed {Flushed(world).Max() + 3}");
            }

            world.Show("log");
            world.Expect($"started ahci, life {1 + kills / s_victims.Length}");
            world.IsSound();
            flushed = Flushed(world);
        }

        using FileStream image = File.OpenRead(disk);
        byte[] sector = new byte[SectorSize];
        foreach (int number in flushed)
        {
            image.Position = (long)number * SectorSize;
            image.ReadExactly(sector);
            string expected = number.ToString("D8", CultureInfo.InvariantCulture).PadRight(SectorSize);
            Assert.True(
                expected == Encoding.ASCII.GetString(sector), $"sector {number} was flushed, and holds {Convert.ToHexString(sector, 0, Digits)}");
        }

        Assert.True(flushed.Length > 10 * kills, $"only {flushed.Length} flushes");
    }

    private static int[] Flushed(World world) => [.. world.Lines
        .Select(line => FlushedLine().Match(line)).Where(match => match.Success)
        .Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).Distinct().Order()];

    // Whole lines only: what is cut off says another number.
    [GeneratedRegex(@"^flushed (\d+)\r?$")]
    private static partial Regex FlushedLine();
}

/// <summary>The same, many more times.</summary>
[Trait("Category", "Soak")]
public class FlushSoak
{
    [Fact]
    public void No_acknowledged_flush_is_lost_in_hundreds_of_kills()
    {
        SoakRun run = new(
            Repository.Root, "flush", "Acknowledged flushes of a guest whose monitor and disk driver are killed at random, 50 kills a case");
        for (int seed = 0; seed < 6; seed++)
        {
            int current = seed;
            run.Case($"seed {current}", () => FlushTests.Run($"flush-{current}", current, kills: 50));
        }

        run.Finish();
        Assert.Empty(run.Failures);
    }
}
