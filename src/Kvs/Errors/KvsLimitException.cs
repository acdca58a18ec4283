namespace Kvs;

/// <summary>A key, a value or a batch is beyond what the store or its server takes. Nothing was stored.</summary>
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

    internal static KvsLimitException BatchTooLong(long batchBytes, int maxBatchBytes) =>
        new($"The batch has {batchBytes} bytes, {Limits.BatchItemBytes} for each of its items included; the limit is " +
            $"{maxBatchBytes} bytes.");

    internal static KvsLimitException RequestTooLong(long requestBytes, long maxRequestBytes) =>
        new($"The request has {requestBytes} bytes; the limit is {maxRequestBytes} bytes. Split the batch.");
}
