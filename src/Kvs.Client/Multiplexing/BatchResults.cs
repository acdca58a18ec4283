using Kvs.Protocol.Binary;

namespace Kvs.Client.Multiplexing;

/// <summary>Puts the operations of a batch and the results that came for them side by side.</summary>
internal static class BatchResults
{
    /// <summary>Whether any operation of a batch writes.</summary>
    internal static bool HasWrites(ReadOnlySpan<byte> body)
    {
        int at = 0;
        while (BatchItem.TryRead(body, ref at, out BatchItem item))
        {
            if (item.Operation != Operation.Get)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A result for each operation; null where there are not as many.</summary>
    internal static KvsResult[]? Read(ReadOnlySpan<byte> body, int count, OwnReply reply)
    {
        var results = new KvsResult[count];
        int read = 0;
        int at = 0;
        foreach (byte[] bytes in reply.Results)
        {
            ReadOnlySpan<byte> rest = bytes;
            while (BatchResult.TryRead(ref rest, out BatchResult result))
            {
                if (!BatchItem.TryRead(body, ref at, out BatchItem item))
                {
                    return null;
                }

                int valueEnd = bytes.Length - rest.Length;
                int valueBytes = result.Value.Length;
                results[read++] = new KvsResult(
                    result.Status, bytes.AsMemory(valueEnd - valueBytes, valueBytes), item);
            }
        }

        return read == count ? results : null;
    }
}
