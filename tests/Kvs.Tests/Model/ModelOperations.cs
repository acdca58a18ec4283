using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>Stores a value.</summary>
internal sealed record SetOperation(int Key, ModelValue Value, ModelTerms Terms, bool IsStream) : ModelOperation
{
    internal override void Make(ModelPair pair)
    {
        byte[] value = pair.NewValue(Value);
        bool isDone = false;
        pair.Write([Key], (engine, isStore) =>
        {
            WriteOptions options = Terms.Of(pair, Key, isStore);
            WriteResult result = IsStream
                ? engine.TrySet(pair.Key(Key), new MemoryStream(value), value.Length, options)
                : engine.TrySet(pair.Key(Key), value, options);
            isDone = result.IsDone;
            return result;
        });
        pair.NoteDurable(Terms.Durability, isDone);
    }

    internal override IEnumerable<ModelStep> Smaller() =>
    [
        .. Value.Smaller().Select(value => this with { Value = value }),
        .. Terms.Smaller().Select(terms => this with { Terms = terms }),
    ];
}

/// <summary>Removes a key.</summary>
internal sealed record RemoveOperation(int Key, ModelTerms Terms) : ModelOperation
{
    internal override void Make(ModelPair pair)
    {
        bool isDone = false;
        pair.Write([Key], (engine, isStore) =>
        {
            WriteResult result = engine.TryRemove(pair.Key(Key), Terms.Of(pair, Key, isStore));
            isDone = result.IsDone;
            return result;
        });
        pair.NoteDurable(Terms.Durability, isDone);
    }

    internal override IEnumerable<ModelStep> Smaller() => Terms.Smaller().Select(terms => this with { Terms = terms });
}

/// <summary>Adds to a number, if that is what the key has.</summary>
internal sealed record IncrementOperation(int Key, int Delta, ModelTerms Terms) : ModelOperation
{
    internal override void Make(ModelPair pair) => pair.Write([Key], (engine, isStore) =>
        engine.Increment(pair.Key(Key), Delta, Terms.Of(pair, Key, isStore)));

    internal override IEnumerable<ModelStep> Smaller() => Terms.Smaller().Select(terms => this with { Terms = terms });
}

/// <summary>What a part of a batch does.</summary>
internal enum BatchVerb
{
    /// <summary>Stores a value.</summary>
    Set,

    /// <summary>Removes a key.</summary>
    Remove,

    /// <summary>Lets the batch be made only if a key has a version.</summary>
    Require,
}

/// <summary>A part of a batch.</summary>
internal readonly record struct BatchPart(BatchVerb Verb, int Key, ModelValue Value, ModelTerms Terms);

/// <summary>Makes several writes as one.</summary>
internal sealed record BatchOperation(ValueList<BatchPart> Parts, Durability? Durability) : ModelOperation
{
    internal override void Make(ModelPair pair)
    {
        var store = new WriteBatch();
        var oracle = new WriteBatch();
        foreach (BatchPart part in Parts)
        {
            byte[] key = pair.Key(part.Key);
            switch (part.Verb)
            {
                case BatchVerb.Set:
                    byte[] value = pair.NewValue(part.Value);
                    DateTimeOffset? expiry = part.Terms.Of(pair, part.Key, isStore: true).ExpiresAt;
                    store.Set(key, value, expiry);
                    oracle.Set(key, value, expiry);
                    break;
                case BatchVerb.Remove:
                    store.Remove(key);
                    oracle.Remove(key);
                    break;
                default:
                    (ulong Store, ulong Oracle) versions = pair.Versions.Back(part.Key, part.Terms.Back);
                    store.Require(key, versions.Store);
                    oracle.Require(key, versions.Oracle);
                    break;
            }
        }

        bool isDone = false;
        int[] keys = [.. Parts.Select(part => part.Key)];
        pair.Write(keys, (engine, isStore) => isDone = engine.TryWrite(isStore ? store : oracle, Durability));
        pair.NoteDurable(Durability, isDone);
    }

    internal override IEnumerable<ModelStep> Smaller() =>
    [
        .. Parts.Smaller(part => part.Value.Smaller().Select(value => part with { Value = value }))
            .Where(parts => parts.Count > 0).Select(parts => this with { Parts = parts }),
        .. Durability is null ? Enumerable.Empty<ModelStep>() : [this with { Durability = null }],
    ];
}

/// <summary>Stores several values, one after the other.</summary>
internal sealed record SetManyOperation(
    ValueList<(int Key, ModelValue Value)> Entries, bool KeepsExpiry, Durability? Durability) : ModelOperation
{
    internal override void Make(ModelPair pair)
    {
        KvsEntry[] entries =
            [.. Entries.Select(entry => new KvsEntry(pair.Key(entry.Key), pair.NewValue(entry.Value)))];
        var options = new WriteOptions { KeepsExpiry = KeepsExpiry, Durability = Durability };

        // One after the other: each is a moment of its own.
        pair.History.Begin(entries.Length);
        pair.Store.SetMany(entries, options);
        for (int i = 0; i < entries.Length; i++)
        {
            pair.Oracle.SetMany([entries[i]], options);
            _ = pair.Oracle.TryRead(entries[i].Key.Span, [], out ValueInfo info);
            pair.History.Add((Entries[i].Key, new Held(entries[i].Value.ToArray(), info.ExpiryMilliseconds)));
        }

        pair.NoteDurable(Durability, isDone: true);
    }

    internal override IEnumerable<ModelStep> Smaller() => Entries
        .Smaller(entry => entry.Value.Smaller().Select(value => (entry.Key, value)))
        .Where(entries => entries.Count > 0).Select(entries => this with { Entries = entries });
}

/// <summary>Lets a key expire after so many milliseconds, or never.</summary>
internal sealed record ExpiryOperation(int Key, int? InMs) : ModelOperation
{
    internal override void Make(ModelPair pair)
    {
        DateTimeOffset now = pair.Clock.Now;
        pair.Write([Key], (engine, _) => InMs is { } ms
            ? engine.TryExpire(pair.Key(Key), now.AddMilliseconds(ms))
            : engine.Persist(pair.Key(Key)));
    }
}

/// <summary>Lets time pass.</summary>
internal sealed record WaitOperation(int Ms) : ModelOperation
{
    internal override void Make(ModelPair pair) => pair.Clock.Advance(TimeSpan.FromMilliseconds(Ms));
}

/// <summary>Leases a value, which must not change from then on.</summary>
internal sealed record LeaseOperation(int Key) : ModelOperation
{
    internal override void Make(ModelPair pair) => pair.Leases.Take(pair, Key);
}

/// <summary>Makes all writes so far durable.</summary>
internal sealed record FlushOperation : ModelOperation
{
    internal override void Make(ModelPair pair)
    {
        pair.Store.Flush();
        pair.History.NoteDurable();
    }
}

/// <summary>Wins back all garbage.</summary>
internal sealed record CompactOperation : ModelOperation
{
    internal override void Make(ModelPair pair) => pair.Store.Compact();
}

/// <summary>Reads a key.</summary>
internal sealed record GetOperation(int Key) : ModelOperation
{
    internal override void Make(ModelPair pair) => pair.Compare(Key);
}

/// <summary>Reads all keys, in every way.</summary>
internal sealed record GetAllOperation : ModelOperation
{
    internal override void Make(ModelPair pair) => pair.CompareAll();
}
