using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Switching.Tests;

public class TokenBucketTests
{
    private const ulong Million = 1_000_000;

    /// <summary>Against a bucket of whole numbers without bounds, which keeps all that it has ever gained.</summary>
    [Fact]
    public void A_bucket_has_what_a_bucket_of_unbounded_numbers_has() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(500),
            Prop.ForAll(Runs().ToArbitrary(), run =>
            {
                TokenBucket bucket = new(run.Rate, run.Size);
                BigInteger credit = (BigInteger)run.Size * Million;
                ulong now = run.Start;
                bool isFirst = true;
                foreach ((ulong pause, ulong cost) in run.Steps)
                {
                    now += pause;
                    if (!isFirst)
                        credit = BigInteger.Min(credit + ((BigInteger)run.Rate * pause), (BigInteger)run.Size * Million);

                    isFirst = false;
                    ulong wanted = Math.Min(cost, run.Size);
                    bool has = credit >= (BigInteger)wanted * Million;
                    Assert.Equal(has, bucket.Has(wanted, now));
                    if (!has)
                    {
                        BigInteger missing = ((BigInteger)wanted * Million) - credit;
                        Assert.Equal(now + (ulong)((missing + run.Rate - 1) / run.Rate), bucket.WhenHas(wanted, now));
                        continue;
                    }

                    Assert.Equal(now, bucket.WhenHas(wanted, now));
                    bucket.Take(wanted);
                    credit -= (BigInteger)wanted * Million;
                }
            }));

    [Fact]
    public void A_sender_that_takes_what_it_can_gets_its_rate_and_no_more()
    {
        TokenBucket bucket = new(1000, 100);
        ulong now = 5;
        int taken = 0;
        while (now < 5 + (10 * Million))
        {
            now = bucket.WhenHas(1, now);
            Assert.True(bucket.Has(1, now));
            bucket.Take(1);
            taken++;
        }

        Assert.InRange(taken, 10_099, 10_101);
    }

    [Fact]
    public void Without_a_rate_there_is_always_enough()
    {
        TokenBucket bucket = new(0, 0);
        for (int i = 0; i < 100; i++)
        {
            Assert.True(bucket.Has(ulong.MaxValue, 1));
            bucket.Take(1_000_000);
        }
    }

    [Theory]
    [InlineData(1ul)]
    [InlineData(TokenBucket.Max)]
    public void After_however_long_it_holds_its_size(ulong rate)
    {
        TokenBucket bucket = new(rate, TokenBucket.Max);
        Assert.True(bucket.Has(TokenBucket.Max, 1));
        bucket.Take(TokenBucket.Max);
        Assert.False(bucket.Has(TokenBucket.Max, 2));
        Assert.True(bucket.Has(TokenBucket.Max, ulong.MaxValue / 2));
    }

    private static Gen<(ulong Rate, ulong Size, ulong Start, (ulong Pause, ulong Cost)[] Steps)> Runs() =>
        from rate in Gen.Elements(1ul, 3ul, 1000ul, 999_983ul, Million, 125_000_000ul, TokenBucket.Max)
        from size in Gen.Elements(1ul, 7ul, 1518ul, 100_000ul, TokenBucket.Max)
        from start in Gen.Elements(1ul, 1ul << 40)
        from steps in Gen.ArrayOf(
            from pause in Gen.Elements(0ul, 1ul, 17ul, 999ul, Million, 1ul << 36)
            from cost in Gen.Elements(1ul, 60ul, 1514ul, TokenBucket.Max)
            select (pause, cost))
        select (rate, size, start, steps);
}
