namespace Kvs;

/// <summary>How long keys and values may be. One engine's limits hold for embedded and served use alike.</summary>
public sealed record Limits
{
    /// <summary>The longest key that the record format can hold, in bytes: its length field has 16 bits.</summary>
    public const int HighestMaxKeyBytes = 64 * 1024;

    /// <summary>The longest value that any store can be told to take, in bytes: what one array can hold, less room
    /// for a record's other parts.</summary>
    public const int HighestMaxValueBytes = 1024 * 1024 * 1024;

    /// <summary>The most that a batch can be: keys, values and what the log needs around each, in bytes.</summary>
    public const int MaxBatchBytes = 60 * 1024 * 1024;

    /// <summary>What each set, removal and requirement of a batch counts for <see cref="MaxBatchBytes"/> beside its
    /// key and value, in bytes: more than a record's header and what fills it up.</summary>
    public const int BatchItemBytes = 48;

    /// <summary>The limits that a store has unless told otherwise: keys of 64 KiB, values of 256 MiB.</summary>
    public static Limits Default { get; } = new();

    /// <summary>The longest key, in bytes: 1 to <see cref="HighestMaxKeyBytes"/>.</summary>
    public int MaxKeyBytes
    {
        get;
        init => field = value is >= 1 and <= HighestMaxKeyBytes
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"1 to {HighestMaxKeyBytes} bytes");
    } = HighestMaxKeyBytes;

    /// <summary>The longest value, in bytes: 0 to <see cref="HighestMaxValueBytes"/>.</summary>
    public int MaxValueBytes
    {
        get;
        init => field = value is >= 0 and <= HighestMaxValueBytes
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"0 to {HighestMaxValueBytes} bytes");
    } = 256 * 1024 * 1024;

    /// <summary>Throws where a key of this length may not be used.</summary>
    /// <exception cref="KvsLimitException">The key is empty or too long.</exception>
    public void CheckKey(int keyBytes)
    {
        if ((uint)(keyBytes - 1) >= (uint)MaxKeyBytes)
        {
            throw keyBytes == 0 ? KvsLimitException.EmptyKey() : KvsLimitException.KeyTooLong(keyBytes, MaxKeyBytes);
        }
    }

    /// <summary>Throws where a value of this length may not be stored.</summary>
    /// <exception cref="KvsLimitException">The value is too long.</exception>
    public void CheckValue(int valueBytes)
    {
        if ((uint)valueBytes > (uint)MaxValueBytes)
        {
            throw KvsLimitException.ValueTooLong(valueBytes, MaxValueBytes);
        }
    }
}
