using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Chooses operations.</summary>
internal sealed class ModelChooser(int keys, Random random)
{
    /// <summary>One operation of any kind.</summary>
    internal ModelOperation Next() => random.Next(30) switch
    {
        < 7 => Set(default),
        < 10 => Remove(),
        < 13 => SetWhere(),
        < 16 => SetForATime(),
        16 or 17 => Increment(),
        < 22 => Batch(),
        22 => SetMany(),
        23 => new ExpiryOperation(AnyKey(), random.Next(2) == 0 ? null : random.Next(-1000, 6000)),
        24 => new WaitOperation(random.Next(1, 4000)),
        25 => new LeaseOperation(AnyKey()),
        26 when random.Next(3) == 0 => new FlushOperation(),
        27 when random.Next(3) == 0 => new GetAllOperation(),
        _ => new GetOperation(AnyKey()),
    };

    private int AnyKey() => random.Next(random.Next(3) == 0 ? Math.Min(3, keys) : keys);

    private Durability? AnyDurability() => random.Next(12) switch
    {
        0 => Durability.Disk,
        1 => Durability.Interval,
        2 => Durability.Process,
        _ => null,
    };

    /// <summary>A version that the key has or had, or that of a key that is not there.</summary>
    private int AnyVersion() => random.Next(8) == 0 ? ModelVersions.Absent : random.Next(4);

    private ModelValue AnyValue()
    {
        if (random.Next(12) == 0)
        {
            return new ModelValue(0, random.Next(1000));
        }

        return new ModelValue(random.Next(40) switch
        {
            0 => random.Next(16_000, 40_000),
            1 or 2 => random.Next(8_000, 16_000),
            < 15 => random.Next(500, 3_000),
            _ => random.Next(100),
        });
    }

    private SetOperation Set(ModelTerms terms) => new(
        AnyKey(), AnyValue(), terms with { Durability = AnyDurability() }, IsStream: random.Next(10) == 0);

    private SetOperation SetWhere() => Set(random.Next(3) switch
    {
        0 => MaybeSoon() with { Condition = ModelCondition.Version, Back = ModelVersions.Absent },
        1 => new ModelTerms
        {
            Condition = ModelCondition.Present,
            Expiry = random.Next(2) == 0 ? ModelExpiry.Kept : ModelExpiry.None,
        },
        _ => new ModelTerms { Condition = ModelCondition.Version, Back = AnyVersion() },
    });

    private SetOperation SetForATime() => Set(random.Next(3) switch
    {
        0 => At(),
        1 => new ModelTerms { Expiry = ModelExpiry.In, ExpiryMs = random.Next(1, 6000) },
        _ => new ModelTerms { Expiry = ModelExpiry.Kept },
    });

    private ModelTerms At() => new() { Expiry = ModelExpiry.At, ExpiryMs = random.Next(-2000, 6000) };

    private ModelTerms MaybeSoon() => random.Next(2) == 0
        ? default
        : new ModelTerms { Expiry = ModelExpiry.In, ExpiryMs = random.Next(1, 6000) };

    private RemoveOperation Remove() => new(AnyKey(), new ModelTerms
    {
        Condition = random.Next(3) == 0 ? ModelCondition.Version : ModelCondition.None,
        Back = AnyVersion(),
        Durability = AnyDurability(),
    });

    private IncrementOperation Increment() =>
        new(AnyKey(), random.Next(-5, 100), random.Next(4) == 0 ? MaybeSoon() : default);

    private BatchOperation Batch() => new(
        ValueList.Of(Enumerable.Range(0, random.Next(1, 7)).Select(_ => random.Next(10) switch
        {
            < 6 => new BatchPart(BatchVerb.Set, AnyKey(), AnyValue(), random.Next(4) == 0 ? At() : default),
            < 9 => new BatchPart(BatchVerb.Remove, AnyKey(), default, default),
            _ => new BatchPart(BatchVerb.Require, AnyKey(), default, new ModelTerms { Back = AnyVersion() }),
        })),
        AnyDurability());

    private SetManyOperation SetMany() => new(
        ValueList.Of(Enumerable.Range(0, random.Next(1, 10)).Select(_ => (AnyKey(), AnyValue()))),
        KeepsExpiry: random.Next(3) == 0,
        AnyDurability());
}
