namespace Kvs.Tests;

/// <summary>The store ends, and is opened again.</summary>
/// <param name="How">How it ends.</param>
/// <param name="Seed">What of the unsynced a power cut takes.</param>
internal sealed record ModelEnd(StoreEnd How, int Seed) : ModelStep
{
    internal override IEnumerable<ModelStep> Smaller()
    {
        if (How != StoreEnd.Close)
        {
            yield return this with { How = StoreEnd.Close };
        }

        if (How == StoreEnd.PowerCut)
        {
            yield return this with { How = StoreEnd.Death };
        }
    }
}

/// <summary>How a store can end.</summary>
internal enum StoreEnd
{
    /// <summary>It is closed.</summary>
    Close,

    /// <summary>Its process dies.</summary>
    Death,

    /// <summary>Its machine loses power.</summary>
    PowerCut,
}
