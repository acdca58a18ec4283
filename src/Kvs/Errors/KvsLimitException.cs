namespace Kvs;

/// <summary>A key or a value is beyond what the store takes. Nothing was stored.</summary>
public sealed class KvsLimitException : KvsException
{
    private KvsLimitException(string message) : base(message)
    {
    }

    internal static KvsLimitException EmptyKey() => new("The key is empty; a key has at least 1 byte.");

    internal static KvsLimitException KeyTooLong(long keyBytes, int maxKeyBytes) =>
        new($"The key has {keyBytes} bytes; the limit is {maxKeyBytes} bytes.");

    internal static KvsLimitException ValueTooLong(long valueBytes, int maxValueBytes) =>
        new($"The value has {valueBytes} bytes; the limit is {maxValueBytes} bytes.");

    internal static KvsLimitException BatchTooLarge(long batchBytes) =>
        new($"The batch has {batchBytes} bytes; the limit is {Limits.MaxBatchBytes} bytes.");
}
