// Running xunit projects: tests, long suites (trait Category=Soak), measurements (trait Category=Bench).

using System.Xml.Linq;

static IEnumerable<string> TestProjects() =>
    System.IO.Directory.GetFiles(System.IO.Path.Combine(Paths.Root, "tests"), "*.Tests.csproj", SearchOption.AllDirectories)
        .OrderBy(x => x, StringComparer.Ordinal);

sealed record TestTotals(int Passed, int Failed, int Skipped)
{
    public static TestTotals operator +(TestTotals a, TestTotals b) => new(a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);

    public override string ToString() => $"{Passed} passed, {Failed} failed" + (Skipped > 0 ? $", {Skipped} skipped" : "");
}

// Runs one project's tests that match the filter, prints what failed, and counts. A host that crashes counts as one failure.
TestTotals RunTestProject(string project, string filter)
{
    var name = System.IO.Path.GetFileNameWithoutExtension(project);
    var results = System.IO.Path.Combine(Paths.Out, "tests", "results", name + ".trx");
    System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(results));
    System.IO.File.Delete(results);

    var watch = Stopwatch.StartNew();
    var started = DateTime.UtcNow;
    var start = new ProcessStartInfo("dotnet", new[]
    {
        "test", System.IO.Path.Combine(Paths.Out, "bin", name, "debug", name + ".dll"), "--nologo", "--filter", filter,
        "--logger", "trx;LogFileName=" + results, "--logger", "console;verbosity=minimal",
    }) { RedirectStandardOutput = true, RedirectStandardError = true };
    start.Environment["KILONOVA_ROOT"] = Paths.Root;
    var output = new StringBuilder();
    using var process = new Process { StartInfo = start };
    void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (output)
        {
            output.AppendLine(line.Data);
        }
    }
    process.OutputDataReceived += Keep;
    process.ErrorDataReceived += Keep;
    process.Start();
    process.BeginOutputReadLine();
    process.BeginErrorReadLine();
    while (!process.WaitForExit(30_000))
    {
        Information("  {0}: {1:0} s so far{2}", name, watch.Elapsed.TotalSeconds, SoakProgress(started));
    }
    process.WaitForExit();

    var totals = System.IO.File.Exists(results) ? ReadResults(results) : new TestTotals(0, 0, 0);
    if (process.ExitCode != 0 && totals.Failed == 0)
    {
        totals += new TestTotals(0, 1, 0);
    }
    if (totals.Failed > 0)
    {
        Error(output.ToString());
    }
    if (totals != new TestTotals(0, 0, 0))
    {
        Information("  {0}: {1} ({2:0.0} s)", name, totals, watch.Elapsed.TotalSeconds);
    }
    return totals;
}

// Suites in progress keep what they are on in a file each: the commit, then a line per case that has passed.
static string SoakProgress(DateTime since)
{
    var directory = System.IO.Path.Combine(Paths.Out, "soak");
    var suites = System.IO.Directory.Exists(directory)
        ? System.IO.Directory.GetFiles(directory).Where(file => System.IO.File.GetLastWriteTimeUtc(file) >= since).ToArray()
        : Array.Empty<string>();
    return string.Concat(suites.Select(file => $", {System.IO.Path.GetFileName(file)}: {System.IO.File.ReadAllLines(file).Length - 1} cases passed"));
}

static TestTotals ReadResults(string file)
{
    var counters = XDocument.Load(file).Descendants().Single(element => element.Name.LocalName == "Counters");
    int Count(string attribute) => (int)counters.Attribute(attribute);
    return new TestTotals(Count("passed"), Count("failed"), Count("total") - Count("executed"));
}

// The closing line is read by machines: nothing may follow it.
void RunTests(string filter)
{
    var wanted = "Category!=Soak&Category!=Bench" + (filter == "" ? "" : $"&FullyQualifiedName~{filter}");
    var totals = TestProjects().Aggregate(new TestTotals(0, 0, 0), (sum, project) => sum + RunTestProject(project, wanted));
    CloseWith(totals, totals.Failed == 0 && totals.Passed > 0);
}

// Long suites write their record under docs/soak themselves, and go on where an interrupted run stopped.
void RunSoak(string suite)
{
    var wanted = "Category=Soak" + (suite == "" ? "" : $"&FullyQualifiedName~{suite.Replace("-", "")}");
    var totals = TestProjects().Aggregate(new TestTotals(0, 0, 0), (sum, project) => sum + RunTestProject(project, wanted));
    CloseWith(totals, totals.Failed == 0 && totals.Passed > 0);
}

void RunBench()
{
    var totals = TestProjects().Aggregate(new TestTotals(0, 0, 0), (sum, project) => sum + RunTestProject(project, "Category=Bench"));
    CloseWith(totals, totals.Failed == 0 && totals.Passed > 0);
}

static void CloseWith(TestTotals totals, bool good)
{
    System.IO.Directory.CreateDirectory(Paths.Out);
    System.IO.File.WriteAllText(System.IO.Path.Combine(Paths.Out, "totals.txt"), totals + "\n");
    if (!good)
    {
        throw new Exception(totals.Failed == 0 ? "no test matches" : $"{totals.Failed} failed");
    }
}
