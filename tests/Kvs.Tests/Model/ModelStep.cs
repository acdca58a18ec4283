namespace Kvs.Tests;

/// <summary>One thing that happens to a store and its oracle, chosen before it is known what they hold: a step can be
/// left out, or made smaller, and those behind it stay what they are.</summary>
internal abstract record ModelStep
{
    /// <summary>Steps that are less than this one, to be tried in its place.</summary>
    internal virtual IEnumerable<ModelStep> Smaller() => [];
}

/// <summary>An operation, which both make and on whose outcome they must agree.</summary>
internal abstract record ModelOperation : ModelStep
{
    /// <summary>Makes it; fails where the two disagree.</summary>
    internal abstract void Make(ModelPair pair);
}
