namespace Kvs;

/// <summary>How one write is made. The default: always, for ever, at the store's own durability.</summary>
public readonly record struct WriteOptions
{
    /// <summary>What the write has reached when the call returns; the store's own level when null.</summary>
    public Durability? Durability { get; init; }

    /// <summary>What must hold for the write to be made.</summary>
    public WriteCondition Condition { get; init; }

    /// <summary>The moment from which on the key is not there any more, to the millisecond; null for never. A moment
    /// that has passed is allowed: the key is then gone at once.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The same, counted from the moment of the write. Longer than zero. Not together with
    /// <see cref="ExpiresAt"/>.</summary>
    public TimeSpan? ExpiresIn { get; init; }

    /// <summary>Lets a key that is there and expires keep its moment. Not together with another.</summary>
    public bool KeepsExpiry { get; init; }

    /// <summary>Makes the write only where the key is not there.</summary>
    public static WriteOptions IfAbsent { get; } = new() { Condition = WriteCondition.IfAbsent };

    /// <summary>Makes the write only where the key is there.</summary>
    public static WriteOptions IfPresent { get; } = new() { Condition = WriteCondition.IfPresent };

    /// <summary>Makes the write only where the key has this version; 0 is that of a key that is not there.</summary>
    public static WriteOptions IfVersion(ulong version) => new() { Condition = WriteCondition.IfVersion(version) };

    /// <summary>The expiry as a record holds it: Unix milliseconds; 0 for none.</summary>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    internal long ExpiryAt(TimeProvider clock)
    {
        if (ExpiresAt is null && ExpiresIn is null)
        {
            return 0;
        }

        if (KeepsExpiry || (ExpiresAt is not null && ExpiresIn is not null))
        {
            throw new ArgumentException(
                $"A write has one of {nameof(ExpiresAt)}, {nameof(ExpiresIn)} and {nameof(KeepsExpiry)} at most.");
        }

        if (ExpiresIn is not { } left)
        {
            // 0 stands for no expiry in a record; all moments up to 1970 are equally past.
            return Math.Max(1, ExpiresAt!.Value.ToUnixTimeMilliseconds());
        }

        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(left, TimeSpan.Zero, nameof(ExpiresIn));
        DateTimeOffset now = clock.GetUtcNow();
        return left >= DateTimeOffset.MaxValue - now
            ? DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            : Math.Max(1, (now + left).ToUnixTimeMilliseconds());
    }

    /// <summary>Throws where a removal cannot be made like this.</summary>
    /// <exception cref="ArgumentException">The options name an expiry.</exception>
    internal void CheckForRemoval()
    {
        if (ExpiresAt is not null || ExpiresIn is not null || KeepsExpiry)
        {
            throw new ArgumentException("A removal has no expiry.");
        }
    }

    /// <summary>Throws where the write is one that is always made, and these name a condition.</summary>
    /// <exception cref="ArgumentException">The options name a condition.</exception>
    internal void CheckUnconditional()
    {
        if (Condition != default)
        {
            throw new ArgumentException($"This write is made always: it has no {nameof(Condition)}.");
        }
    }
}
