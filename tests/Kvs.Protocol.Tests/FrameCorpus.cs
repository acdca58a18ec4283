using System.Buffers;
using Kvs.Protocol.Binary;

namespace Kvs.Protocol.Tests;

/// <summary>Two hundred requests of every operation and of lengths around those where buffers end.</summary>
internal static class FrameCorpus
{
    internal const int Frames = 200;

    internal const uint MaxBodyBytes = 1024 * 1024;

    private static readonly int[] Lengths = [0, 1, 2, 7, 12, 13, 100, 255, 256, 1011, 1012, 1024, 1025, 4084, 5000];

    internal static byte[] Build()
    {
        var random = new Random(20_260_101);
        var output = new ArrayBufferWriter<byte>();
        for (uint id = 1; id <= Frames; id++)
        {
            byte[] key = Bytes(random, 1 + random.Next(40));
            byte[] value = Bytes(random, Lengths[random.Next(Lengths.Length)]);
            Write(output, id, key, value);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Where its frames begin.</summary>
    internal static IEnumerable<int> Starts(byte[] corpus)
    {
        int bytes;
        for (int start = 0; start < corpus.Length; start += bytes)
        {
            yield return start;
            bytes = BinaryProtocol.HeaderBytes + (int)FrameHeader.Read(corpus.AsSpan(start)).BodyBytes;
        }
    }

    /// <summary>What a decoder hands out, in a form to compare.</summary>
    internal static string Describe(in Frame frame) => $"{frame.Header} {Convert.ToHexString(frame.Body)}";

    private static void Write(ArrayBufferWriter<byte> output, uint id, byte[] key, byte[] value)
    {
        switch (id % 10)
        {
            case 0:
                RequestWriter.WriteHello(output, id, 1, 1);
                break;
            case 1:
                RequestWriter.WritePing(output, id);
                break;
            case 2:
                RequestWriter.WriteGet(output, id, key);
                break;
            case 3:
                RequestWriter.WriteRemove(output, id, key);
                break;
            case 4:
                RequestWriter.WriteScan(output, id, id, 10, 1000);
                break;
            case 5:
                RequestWriter.WriteStats(output, id);
                break;
            case 6:
                RequestWriter.WriteIncrement(
                    output, id, key, (long)id, new RequestFields(RequestFlags.ExpiresIn, ExpiryMs: 1000));
                break;
            case 7 or 8:
                output.Write(Batch(key, value, id % 10 == 7).Span);
                break;
            default:
                RequestWriter.WriteSetBeforeValue(output, id, key, value.Length);
                output.Write(value);
                break;
        }
    }

    private static ReadOnlyMemory<byte> Batch(byte[] key, byte[] value, bool isAtomic)
    {
        var batch = new BatchRequest();
        batch.Set(key, value, new RequestFields(RequestFlags.ExpiresAt, ExpiryMs: 1000));
        batch.Remove(key);
        if (isAtomic)
        {
            batch.Require(key, 7);
            return batch.ToFrame(1, Operation.AtomicBatch, Durability.Disk);
        }

        batch.Get(key, saysVersion: true);
        batch.Increment(key, -1);
        return batch.ToFrame(2);
    }

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
