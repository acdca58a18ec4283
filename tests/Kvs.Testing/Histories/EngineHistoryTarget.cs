namespace Kvs.Testing;

/// <summary>An engine of this process. <paramref name="durability"/> says what each write has reached when it returns;
/// null for what the engine does by itself.</summary>
public sealed class EngineHistoryTarget(IKvsEngine engine, Func<Durability?>? durability = null) : IHistoryTarget
{
    /// <inheritdoc/>
    public bool HasConditions => true;

    private WriteOptions Options => new() { Durability = durability?.Invoke() };

    /// <inheritdoc/>
    public int Get(ReadOnlySpan<byte> key, Span<byte> buffer, out ulong version)
    {
        bool isThere = engine.TryRead(key, buffer, out ValueInfo info);
        version = isThere ? info.Version : 0;
        return isThere ? info.Bytes : -1;
    }

    /// <inheritdoc/>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (!engine.TrySet(key, value, Options).IsDone)
        {
            throw new HistoryViolationException("A set without a condition was not made.");
        }
    }

    /// <inheritdoc/>
    public bool Remove(ReadOnlySpan<byte> key) => engine.TryRemove(key, Options).IsDone;

    /// <inheritdoc/>
    public bool TrySet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, WriteCondition condition) =>
        engine.TrySet(key, value, Options with { Condition = condition }).IsDone;

    /// <inheritdoc/>
    public bool TryRemove(ReadOnlySpan<byte> key, ulong version) =>
        engine.TryRemove(key, Options with { Condition = WriteCondition.IfVersion(version) }).IsDone;
}
