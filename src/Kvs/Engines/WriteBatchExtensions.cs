using Kvs.Text;

namespace Kvs;

/// <summary>Batches of strings, and the writing of those that require nothing.</summary>
public static class WriteBatchExtensions
{
    /// <summary>Stores a string under a string, in place of what is there, for ever or up to a moment.</summary>
    public static void Set(this WriteBatch batch, string key, string value, DateTimeOffset? expiresAt = null)
    {
        using var valueText = new Utf8Text(value, stackalloc byte[Utf8Text.StackBytes]);
        batch.Set(key, valueText.Bytes, expiresAt);
    }

    /// <summary>Stores bytes under a string, in place of what is there, for ever or up to a moment.</summary>
    public static void Set(
        this WriteBatch batch, string key, ReadOnlySpan<byte> value, DateTimeOffset? expiresAt = null)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        batch.Set(keyText.Bytes, value, expiresAt);
    }

    /// <summary>Removes a key, if it is there.</summary>
    public static void Remove(this WriteBatch batch, string key)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        batch.Remove(keyText.Bytes);
    }

    /// <summary>Lets the batch be written only if the key has this version before it; 0 is that of a key that is not
    /// there.</summary>
    public static void Require(this WriteBatch batch, string key, ulong version)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        batch.Require(keyText.Bytes, version);
    }

    /// <summary>Makes all writes of a batch that requires nothing as one: they cannot but be made.</summary>
    /// <exception cref="ArgumentException">The batch has a requirement; nothing was written.</exception>
    public static void Write(this IKvsEngine engine, WriteBatch batch, Durability? durability = null)
    {
        CheckRequiresNothing(batch);
        engine.TryWrite(batch, durability);
    }

    internal static void CheckRequiresNothing(WriteBatch batch)
    {
        if (batch.Items.Any(static item => item.Kind == WriteBatch.ItemKind.Require))
        {
            throw new ArgumentException(
                $"The batch has a requirement, so it may not be written: {nameof(IKvsEngine.TryWrite)} says whether " +
                "it was.", nameof(batch));
        }
    }
}
