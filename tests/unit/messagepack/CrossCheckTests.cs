// Both ways against an independent implementation of the format.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.MessagePack.Tests;

public class CrossCheckTests
{
    private const int Samples = 400;

    // The package python3-msgpack belongs to Debian's interpreter, whatever other one comes first in the path.
    private const string DebianPython = "/usr/bin/python3";

    private static readonly Value[] s_values = Values.Any.Sample(Samples, size: 30).Select(WithoutNaN).ToArray();

    [Fact]
    public void What_we_write_is_read_alike_by_python()
    {
        string[] described = Python("decode", s_values.Select(value => Convert.ToHexString(value.Encode())));

        Assert.Equal(s_values.Select(value => Widened(value).Describe()), described);
    }

    [Fact]
    public void What_python_writes_is_read_alike_by_us()
    {
        string[] encoded = Python("encode", s_values.Select(value => value.Describe()));

        for (int i = 0; i < s_values.Length; i++)
        {
            var reader = new MessagePackReader(Convert.FromHexString(encoded[i]));
            Value? read = Value.Read(ref reader);
            Assert.True(reader.TryReadEnd(), $"{s_values[i].Describe()}: {reader.Status} at {reader.Position}");
            Assert.Equal(s_values[i].Describe(), read!.Describe());
        }
    }

    [Fact]
    public void Both_choose_the_same_encodings()
    {
        string[] encoded = Python("encode", s_values.Select(value => value.Describe()));

        Assert.Equal(encoded, s_values.Select(value => Convert.ToHexStringLower(value.Encode())));
    }

    private static string[] Python(string direction, IEnumerable<string> lines)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "crosscheck.py");
        var start = new ProcessStartInfo(File.Exists(DebianPython) ? DebianPython : "python3", [script, direction])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process python = Process.Start(start)!;
        Task<string> output = python.StandardOutput.ReadToEndAsync();
        Task<string> errors = python.StandardError.ReadToEndAsync();
        try
        {
            foreach (string line in lines)
                python.StandardInput.WriteLine(line);
            python.StandardInput.Close();
        }
        catch (IOException)
        {
            Assert.Fail(errors.Result);
        }

        Assert.True(python.WaitForExit(60_000), "python3 does not come to an end");
        Assert.True(python.ExitCode == 0, errors.Result);
        return output.Result.TrimEnd('\n').Split('\n');
    }

    /// <summary>The C library behind python may quiet a NaN when it converts between precisions; infinities stay.</summary>
    private static Value WithoutNaN(Value value) => Map(value, leaf => leaf switch
    {
        Value.Single single when float.IsNaN(BitConverter.UInt32BitsToSingle(single.Bits)) => new Value.Single(0x7f80_0000),
        Value.Double number when double.IsNaN(BitConverter.UInt64BitsToDouble(number.Bits)) => new Value.Double(0x7ff0_0000_0000_0000),
        _ => leaf,
    });

    private static Value Widened(Value value) => Map(value, leaf => leaf switch
    {
        Value.Single single => new Value.Double(BitConverter.DoubleToUInt64Bits(BitConverter.UInt32BitsToSingle(single.Bits))),
        _ => leaf,
    });

    private static Value Map(Value value, Func<Value, Value> leaf) => value switch
    {
        Value.Sequence array => new Value.Sequence(array.Items.Select(item => Map(item, leaf)).ToArray()),
        Value.Map map => new Value.Map(map.Pairs.Select(pair => (Map(pair.Key, leaf), Map(pair.Value, leaf))).ToArray()),
        _ => leaf(value),
    };
}
