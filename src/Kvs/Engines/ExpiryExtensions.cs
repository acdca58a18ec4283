using Kvs.Text;

namespace Kvs;

/// <summary>Keys that are there up to a moment.</summary>
public static class ExpiryExtensions
{
    /// <summary>Stores a value for a time, which begins now and is longer than zero.</summary>
    public static void Set(
        this IKvsEngine engine, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, TimeSpan expiresIn) =>
        engine.TrySet(key, value, new WriteOptions { ExpiresIn = expiresIn });

    /// <inheritdoc cref="Set(IKvsEngine, ReadOnlySpan{byte}, ReadOnlySpan{byte}, TimeSpan)"/>
    public static void Set(this IKvsEngine engine, string key, ReadOnlySpan<byte> value, TimeSpan expiresIn) =>
        engine.TrySet(key, value, new WriteOptions { ExpiresIn = expiresIn });

    /// <inheritdoc cref="Set(IKvsEngine, ReadOnlySpan{byte}, ReadOnlySpan{byte}, TimeSpan)"/>
    public static void Set(this IKvsEngine engine, string key, string value, TimeSpan expiresIn) =>
        engine.TrySet(key, value, new WriteOptions { ExpiresIn = expiresIn });

    /// <summary>Lets a key be there up to a moment, with the value that it has; false when it is not there. A moment
    /// that has passed removes it.</summary>
    /// <remarks>The value is written again, with a new version: this costs what a set of it costs.</remarks>
    public static bool TryExpire(this IKvsEngine engine, ReadOnlySpan<byte> key, DateTimeOffset expiresAt) =>
        engine.TryRewrite(key, new WriteOptions { ExpiresAt = expiresAt });

    /// <inheritdoc cref="TryExpire(IKvsEngine, ReadOnlySpan{byte}, DateTimeOffset)"/>
    public static bool TryExpire(this IKvsEngine engine, string key, DateTimeOffset expiresAt) =>
        engine.TryRewrite(key, new WriteOptions { ExpiresAt = expiresAt });

    /// <summary>Lets a key be there for a time that begins now and is longer than zero, with the value that it has;
    /// false when it is not there.</summary>
    /// <inheritdoc cref="TryExpire(IKvsEngine, ReadOnlySpan{byte}, DateTimeOffset)" path="/remarks"/>
    public static bool TryExpire(this IKvsEngine engine, ReadOnlySpan<byte> key, TimeSpan expiresIn) =>
        engine.TryRewrite(key, new WriteOptions { ExpiresIn = expiresIn });

    /// <inheritdoc cref="TryExpire(IKvsEngine, ReadOnlySpan{byte}, TimeSpan)"/>
    public static bool TryExpire(this IKvsEngine engine, string key, TimeSpan expiresIn) =>
        engine.TryRewrite(key, new WriteOptions { ExpiresIn = expiresIn });

    /// <summary>Lets a key that is there stay for ever; false when it is not there.</summary>
    /// <remarks>Where it expires, the value is written again, with a new version: this costs what a set of it costs.
    /// </remarks>
    public static bool Persist(this IKvsEngine engine, ReadOnlySpan<byte> key) => engine.TryRewrite(key, default);

    /// <inheritdoc cref="Persist(IKvsEngine, ReadOnlySpan{byte})"/>
    public static bool Persist(this IKvsEngine engine, string key) => engine.TryRewrite(key, default);

    private static bool TryRewrite(this IKvsEngine engine, string key, WriteOptions options)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return engine.TryRewrite(keyText.Bytes, options);
    }

    private static bool TryRewrite(this IKvsEngine engine, ReadOnlySpan<byte> key, WriteOptions options)
    {
        bool isForEver = options == default;
        while (true)
        {
            using ValueLease? lease = engine.TryLease(key);
            if (lease is null)
            {
                return false;
            }

            if (isForEver && lease.Info.ExpiresAt is null)
            {
                return true;
            }

            // Somebody else may write the key in between: then with what that was.
            WriteOptions unchanged = options with { Condition = WriteCondition.IfVersion(lease.Info.Version) };
            if (engine.TrySet(key, lease.Value.Span, unchanged).IsDone)
            {
                return true;
            }
        }
    }
}
