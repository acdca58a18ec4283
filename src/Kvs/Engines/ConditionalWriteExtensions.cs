using Kvs.Text;

namespace Kvs;

/// <summary>Writes that are made where a condition holds, and counters, under the names that users look for.</summary>
public static class ConditionalWriteExtensions
{
    /// <summary>Stores a value where the key is not there; false, and nothing stored, where it is.</summary>
    public static bool SetIfAbsent(this IKvsEngine engine, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        engine.TrySet(key, value, WriteOptions.IfAbsent).IsDone;

    /// <inheritdoc cref="SetIfAbsent(IKvsEngine, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public static bool SetIfAbsent(this IKvsEngine engine, string key, ReadOnlySpan<byte> value) =>
        engine.TrySet(key, value, WriteOptions.IfAbsent).IsDone;

    /// <inheritdoc cref="SetIfAbsent(IKvsEngine, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public static bool SetIfAbsent(this IKvsEngine engine, string key, string value) =>
        engine.TrySet(key, value, WriteOptions.IfAbsent).IsDone;

    /// <summary>Stores a value where the key has the version that was read before, so nobody wrote it since; 0 is that
    /// of a key that is not there.</summary>
    public static WriteResult TrySet(
        this IKvsEngine engine, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong expectedVersion) =>
        engine.TrySet(key, value, WriteOptions.IfVersion(expectedVersion));

    /// <inheritdoc cref="TrySet(IKvsEngine, ReadOnlySpan{byte}, ReadOnlySpan{byte}, ulong)"/>
    public static WriteResult TrySet(
        this IKvsEngine engine, string key, ReadOnlySpan<byte> value, ulong expectedVersion) =>
        engine.TrySet(key, value, WriteOptions.IfVersion(expectedVersion));

    /// <inheritdoc cref="TrySet(IKvsEngine, ReadOnlySpan{byte}, ReadOnlySpan{byte}, ulong)"/>
    public static WriteResult TrySet(this IKvsEngine engine, string key, string value, ulong expectedVersion) =>
        engine.TrySet(key, value, WriteOptions.IfVersion(expectedVersion));

    /// <summary>Stores a string under a string, as the options say.</summary>
    public static WriteResult TrySet(this IKvsEngine engine, string key, string value, in WriteOptions options)
    {
        using var valueText = new Utf8Text(value, stackalloc byte[Utf8Text.StackBytes]);
        return engine.TrySet(key, valueText.Bytes, options);
    }

    /// <summary>Stores bytes under a string, as the options say.</summary>
    public static WriteResult TrySet(
        this IKvsEngine engine, string key, ReadOnlySpan<byte> value, in WriteOptions options)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return engine.TrySet(keyText.Bytes, value, options);
    }

    /// <summary>Stores what a stream gives under a string, as the options say.</summary>
    public static WriteResult TrySet(
        this IKvsEngine engine, string key, Stream value, int valueBytes, in WriteOptions options)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return engine.TrySet(keyText.Bytes, value, valueBytes, options);
    }

    /// <summary>Removes a key where it has the version that was read before; false, and it is still there, where it
    /// has another.</summary>
    public static bool RemoveIf(this IKvsEngine engine, ReadOnlySpan<byte> key, ulong version) =>
        engine.TryRemove(key, WriteOptions.IfVersion(version)).IsDone;

    /// <inheritdoc cref="RemoveIf(IKvsEngine, ReadOnlySpan{byte}, ulong)"/>
    public static bool RemoveIf(this IKvsEngine engine, string key, ulong version) =>
        engine.TryRemove(key, WriteOptions.IfVersion(version)).IsDone;

    /// <summary>Removes a key, as the options say.</summary>
    public static WriteResult TryRemove(this IKvsEngine engine, string key, in WriteOptions options)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return engine.TryRemove(keyText.Bytes, options);
    }

    /// <summary>Adds to the number that is stored under a key, as <see cref="IKvsEngine.Increment"/>.</summary>
    /// <returns>The sum.</returns>
    public static long Increment(
        this IKvsEngine engine, string key, long delta = 1, in WriteOptions options = default)
    {
        using var keyText = new Utf8Text(key, stackalloc byte[Utf8Text.StackBytes]);
        return engine.Increment(keyText.Bytes, delta, options);
    }
}
