using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Kilonova.Abi;
using Kilonova.Boot;
using Xunit;

namespace Kilonova.KernelConformance.Tests;

/// <summary>docs/conformance.md leaves nothing out, and names only tests that there are.</summary>
public partial class ConformancePageTests
{
    private const string NotShown = "not shown";

    // The statuses that the specification lists for each hypercall (sections 5.2 to 5.5).
    private static readonly Dictionary<Hypercall, Status[]> s_statuses = new()
    {
        [Hypercall.ipc_call] = [Status.SUCCESS, Status.BAD_CAP, Status.BAD_CPU, Status.TIMEOUT, Status.ABORTED],
        [Hypercall.ipc_reply] = [Status.SUCCESS],
        [Hypercall.create_pd] =
        [
            Status.SUCCESS, Status.ABORTED, Status.BAD_CAP, Status.BAD_PAR, Status.BAD_FTR, Status.MEM_OBJ, Status.MEM_CAP,
        ],
        [Hypercall.create_ec] =
        [
            Status.SUCCESS, Status.ABORTED, Status.BAD_CAP, Status.BAD_CPU, Status.BAD_FTR, Status.BAD_PAR, Status.MEM_OBJ, Status.MEM_CAP,
        ],
        [Hypercall.create_sc] = [Status.SUCCESS, Status.ABORTED, Status.BAD_CAP, Status.BAD_PAR, Status.MEM_OBJ, Status.MEM_CAP],
        [Hypercall.create_pt] = [Status.SUCCESS, Status.ABORTED, Status.BAD_CAP, Status.MEM_OBJ, Status.MEM_CAP],
        [Hypercall.create_sm] = [Status.SUCCESS, Status.BAD_CAP, Status.MEM_OBJ, Status.MEM_CAP],
        [Hypercall.ctrl_pd] = [Status.SUCCESS, Status.BAD_CAP, Status.BAD_PAR, Status.MEM_CAP],
        [Hypercall.ctrl_ec] = [Status.SUCCESS, Status.BAD_CAP],
        [Hypercall.ctrl_sc] = [Status.SUCCESS, Status.BAD_CAP],
        [Hypercall.ctrl_pt] = [Status.SUCCESS, Status.BAD_CAP],
        [Hypercall.ctrl_sm] = [Status.SUCCESS, Status.TIMEOUT, Status.OVRFLOW, Status.BAD_CAP, Status.BAD_CPU],
        [Hypercall.ctrl_hw] = [Status.SUCCESS, Status.BAD_HYP, Status.BAD_FTR, Status.BAD_PAR, Status.ABORTED],
        [Hypercall.assign_int] = [Status.SUCCESS, Status.BAD_CPU, Status.BAD_CAP],
        [Hypercall.assign_dev] = [Status.SUCCESS, Status.BAD_HYP, Status.BAD_DEV, Status.BAD_CAP, Status.BAD_PAR],
    };

    private static readonly Dictionary<Hypercall, Type> s_flags = new()
    {
        [Hypercall.ipc_call] = typeof(IpcCallFlags),
        [Hypercall.ipc_reply] = typeof(IpcReplyFlags),
        [Hypercall.create_ec] = typeof(CreateEcFlags),
        [Hypercall.ctrl_ec] = typeof(CtrlEcFlags),
        [Hypercall.ctrl_sm] = typeof(CtrlSmFlags),
        [Hypercall.assign_int] = typeof(AssignIntFlags),
    };

    private static readonly Dictionary<Hypercall, string[]> s_permissions = new()
    {
        [Hypercall.ipc_call] = [nameof(PtPermissions.CALL)],
        [Hypercall.create_pd] = [nameof(PdPermissions.PD)],
        [Hypercall.create_ec] = [nameof(PdPermissions.EC)],
        [Hypercall.create_sc] = [nameof(PdPermissions.SC), nameof(EcPermissions.BIND_SC)],
        [Hypercall.create_pt] = [nameof(PdPermissions.PT), nameof(EcPermissions.BIND_PT)],
        [Hypercall.create_sm] = [nameof(PdPermissions.SM)],
        [Hypercall.ctrl_pd] = [nameof(SpacePermissions.TAKE), nameof(SpacePermissions.GRANT)],
        [Hypercall.ctrl_ec] = [nameof(EcPermissions.CTRL)],
        [Hypercall.ctrl_sc] = [nameof(ScPermissions.CTRL)],
        [Hypercall.ctrl_pt] = [nameof(PtPermissions.CTRL)],
        [Hypercall.ctrl_sm] = [nameof(SmPermissions.CTRL_UP), nameof(SmPermissions.CTRL_DN)],
        [Hypercall.assign_int] = [nameof(SmPermissions.ASSIGN)],
        [Hypercall.assign_dev] = [nameof(SpacePermissions.ASSIGN)],
    };

    private static readonly Dictionary<string, Dictionary<string, string>> s_page = Read();

    private static readonly HashSet<string> s_tests = [.. Directory
        .EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
        .Where(file => file.Contains("/kernel/", StringComparison.Ordinal) || file.Contains("/fuzz/", StringComparison.Ordinal))
        .SelectMany(file => Run().Matches(File.ReadAllText(file)))
        .Select(match => match.Groups[1].Value)];

    public static TheoryData<Hypercall> Base => [.. Enum.GetValues<Hypercall>().Where(call => call != Hypercall.extension)];

    [Theory]
    [MemberData(nameof(Base))]
    public void Every_status_flag_and_permission_of_the_base_has_a_row(Hypercall call)
    {
        IEnumerable<string> cases = s_statuses[call].Select(status => status.ToString());
        if (s_flags.TryGetValue(call, out Type? flags))
            cases = cases.Concat(flags.GetFields().Select(field => "flag " + field.Name));

        cases = cases.Concat(s_permissions.GetValueOrDefault(call, []).Select(permission => "permission " + permission));
        Assert.Empty(cases.Except(s_page[call.ToString()].Keys));
    }

    [Fact]
    public void Every_operation_of_hypercall_0xf_has_its_section()
        => Assert.Empty(Enum.GetNames<ExtensionOperation>().Except(s_page.Keys));

    /// <summary>docs/abi.md has the statuses of the extensions in the last column of its table.</summary>
    [Fact]
    public void Every_status_of_hypercall_0xf_has_a_row()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "abi.md"));
        int start = Array.FindIndex(lines, line => line.StartsWith("| Operation |", StringComparison.Ordinal)) + 2;
        foreach (string[] row in lines.Skip(start).TakeWhile(line => line.StartsWith('|')).Select(line => line.Trim('|').Split('|')))
        {
            IEnumerable<string> statuses = StatusName().Matches(row[^1]).Select(match => match.Value);
            Assert.NotEmpty(statuses);
            Assert.Empty(statuses.Except(s_page[row[0].Trim()].Keys));
        }
    }

    [Fact]
    public void Every_status_of_an_item_has_a_row()
        => Assert.Empty(Enum.GetNames<ItemStatus>().Select(name => "item " + name).Except(s_page["Items"].Keys));

    [Fact]
    public void Every_row_names_tests_that_there_are_or_says_why_not()
    {
        Assert.NotEmpty(s_tests);
        foreach ((string call, Dictionary<string, string> rows) in s_page)
        {
            foreach ((string name, string text) in rows)
            {
                List<string> named = [.. Name().Matches(text).Select(match => match.Groups[1].Value)];
                Assert.Empty(named.Except(s_tests));
                Assert.True(named.Count > 0 || text.StartsWith(NotShown, StringComparison.Ordinal), $"{call}, {name}: no test and no reason");
            }
        }
    }

    [GeneratedRegex("Suite\\.Run\\(\"([A-Za-z0-9_]+)\"u8")]
    private static partial Regex Run();

    [GeneratedRegex("`([A-Z][A-Za-z0-9_]+_[A-Za-z0-9_]+)`")]
    private static partial Regex Name();

    [GeneratedRegex("(BAD|MEM)_[A-Z]{3}")]
    private static partial Regex StatusName();

    // Sections are hypercalls and operations; of each, the cases with their texts.
    private static Dictionary<string, Dictionary<string, string>> Read()
    {
        Dictionary<string, Dictionary<string, string>> page = [];
        string section = "";
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "docs", "conformance.md")))
        {
            if (line.StartsWith("### ", StringComparison.Ordinal))
            {
                section = line[4..];
                page.Add(section, []);
            }
            else if (section != "" && line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| Case |", StringComparison.Ordinal))
            {
                string[] cells = line.Trim('|').Split('|');
                page[section].Add(cells[0].Trim(), cells[1].Trim());
            }
        }

        return page;
    }
}
