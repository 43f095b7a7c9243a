using System;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.MessagePack.Tests;

public class RoundTripTests
{
    [Fact]
    public void What_is_written_is_read() =>
        Prop.ForAll(Values.Arbitrary, value =>
        {
            var reader = new MessagePackReader(value.Encode());
            Value? read = Value.Read(ref reader);
            return reader.TryReadEnd() && read!.Describe() == value.Describe();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Skipping_passes_over_exactly_one_value() =>
        Prop.ForAll(Values.Arbitrary, Values.Arbitrary, (first, second) =>
        {
            byte[] encoded = [.. first.Encode(), .. second.Encode()];
            var reader = new MessagePackReader(encoded);
            return reader.TrySkip() && reader.Position == first.Encode().Length && reader.TrySkip() && reader.TryReadEnd();
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_raw_value_is_written_unchanged() =>
        Prop.ForAll(Values.Arbitrary, value =>
        {
            byte[] encoded = value.Encode();
            var reader = new MessagePackReader(encoded);
            bool read = reader.TryReadRaw(out ReadOnlySpan<byte> raw);
            byte[] output = new byte[encoded.Length];
            var writer = new MessagePackWriter(output);
            writer.WriteRaw(raw);
            return read && writer.Status == MessagePackStatus.Ok && output.AsSpan().SequenceEqual(encoded);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_prefix_is_refused_as_truncated() =>
        Prop.ForAll(Values.Arbitrary, value =>
        {
            byte[] encoded = value.Encode();
            int step = Math.Max(1, encoded.Length / 200);
            for (int length = 0; length < encoded.Length; length += step)
            {
                var reader = new MessagePackReader(encoded.AsSpan(0, length));
                if (reader.TrySkip() || reader.Status != MessagePackStatus.Truncated)
                    return false;
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Output_that_is_too_short_by_any_number_of_bytes_is_refused_and_keeps_whole_values() =>
        Prop.ForAll(Values.Arbitrary, value =>
        {
            byte[] encoded = value.Encode();
            int step = Math.Max(1, encoded.Length / 50);
            for (int length = 0; length < encoded.Length; length += step)
            {
                byte[] output = new byte[length];
                var writer = new MessagePackWriter(output);
                value.WriteTo(ref writer);
                if (writer.Status != MessagePackStatus.OutputFull || !writer.Written.SequenceEqual(encoded.AsSpan(0, writer.Position)))
                    return false;
                if (output.AsSpan(writer.Position).ContainsAnyExcept((byte)0))
                    return false;
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Single_precision_widens_exactly() =>
        Prop.ForAll<float>(value =>
        {
            byte[] output = new byte[5];
            var writer = new MessagePackWriter(output);
            writer.WriteSingle(value);
            var reader = new MessagePackReader(output);
            return reader.TryReadDouble(out double wide) && wide.Equals((double)value);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Double_precision_keeps_its_value() =>
        Prop.ForAll<double>(value =>
        {
            byte[] output = new byte[9];
            var writer = new MessagePackWriter(output);
            writer.WriteDouble(value);
            var reader = new MessagePackReader(output);
            return reader.TryReadDouble(out double read) && read.Equals(value);
        }).QuickCheckThrowOnFailure();
}
