namespace Kvs.Tests;

/// <summary>When a write is made.</summary>
internal enum ModelCondition
{
    /// <summary>Always.</summary>
    None,

    /// <summary>If the key is there.</summary>
    Present,

    /// <summary>If the key has a version that it has, or had.</summary>
    Version,
}

/// <summary>When what a write stores expires.</summary>
internal enum ModelExpiry
{
    /// <summary>Never.</summary>
    None,

    /// <summary>At a moment, which may be past.</summary>
    At,

    /// <summary>After a time.</summary>
    In,

    /// <summary>When what it replaces would have.</summary>
    Kept,
}

/// <summary>What a write says beside its key and value.</summary>
/// <param name="Condition">When it is made.</param>
/// <param name="Back">Which version of the key it asks for, counted from its latest; below 0 for absence.</param>
/// <param name="Expiry">When what it stores expires.</param>
/// <param name="ExpiryMs">So many milliseconds from now.</param>
/// <param name="Durability">What it must have reached; what the store does by itself when null.</param>
internal readonly record struct ModelTerms(
    ModelCondition Condition, int Back, ModelExpiry Expiry, int ExpiryMs, Durability? Durability)
{
    /// <summary>The terms with one thing less.</summary>
    internal IEnumerable<ModelTerms> Smaller()
    {
        if (Condition != ModelCondition.None)
        {
            yield return this with { Condition = ModelCondition.None, Back = 0 };
        }

        if (Expiry != ModelExpiry.None)
        {
            yield return this with { Expiry = ModelExpiry.None, ExpiryMs = 0 };
        }

        if (Durability is not null)
        {
            yield return this with { Durability = null };
        }
    }

    /// <summary>What there is of them, as a failure shows it.</summary>
    public override string ToString()
    {
        string condition = Condition switch
        {
            ModelCondition.Present => "if present ",
            ModelCondition.Version when Back < 0 => "if absent ",
            ModelCondition.Version => $"if version {Back} before the latest ",
            _ => "",
        };
        string expiry = Expiry is ModelExpiry.None or ModelExpiry.Kept ? $"{Expiry}" : $"{Expiry} {ExpiryMs} ms";
        return $"({condition}expiry {expiry}{(Durability is null ? "" : $" durability {Durability}")})";
    }

    /// <summary>The terms as the store or the oracle takes them now.</summary>
    internal WriteOptions Of(ModelPair pair, int key, bool isStore)
    {
        (ulong Store, ulong Oracle) versions = pair.Versions.Back(key, Back);
        return new WriteOptions
        {
            Durability = Durability,
            Condition = Condition switch
            {
                ModelCondition.Present => WriteCondition.IfPresent,
                ModelCondition.Version => WriteCondition.IfVersion(isStore ? versions.Store : versions.Oracle),
                _ => default,
            },
            ExpiresAt = Expiry == ModelExpiry.At ? pair.Clock.Now.AddMilliseconds(ExpiryMs) : null,
            ExpiresIn = Expiry == ModelExpiry.In ? TimeSpan.FromMilliseconds(ExpiryMs) : null,
            KeepsExpiry = Expiry == ModelExpiry.Kept,
        };
    }
}
