namespace Kvs.Protocol.Resp;

/// <summary>
/// Requests that lie one after the other in one piece of memory, found by <see cref="RespDecoder.Decode"/>. Holds no
/// bytes itself, and is used again and again. Not thread-safe.
/// </summary>
public sealed class RequestBatch
{
    /// <summary>The most requests in a batch: what is asked of memory for all of them at once is still near when the
    /// last of them is executed.</summary>
    public const int MaxRequests = 64;

    private readonly Entry[] _entries = new Entry[MaxRequests];

    /// <summary>How many requests there are.</summary>
    public int Count { get; private set; }

    internal ArgumentList Arguments { get; } = new();

    /// <summary>One of the requests.</summary>
    /// <param name="index">Which, from 0.</param>
    /// <param name="bytes">What the decoder returned with the batch.</param>
    public RespRequest Get(int index, ReadOnlySpan<byte> bytes)
    {
        Entry entry = _entries[index];
        return new RespRequest(bytes, Arguments[entry.First..entry.End], entry.IsInline);
    }

    /// <summary>How many bytes of the input are done with when this request has been executed.</summary>
    public int ConsumedBy(int index) => _entries[index].ConsumedBytes;

    internal void Clear()
    {
        Count = 0;
        Arguments.Clear();
    }

    /// <summary>Makes a request of the arguments that were added since the last; there may be none, which is no
    /// request.</summary>
    internal void EndRequest(int consumedBytes, bool isInline)
    {
        int first = EndOfLast;
        if (Arguments.Count > first)
        {
            _entries[Count++] = new Entry(first, Arguments.Count, consumedBytes, isInline);
        }
    }

    /// <summary>Takes back the arguments of a request that has no end.</summary>
    internal void DropUnfinished() => Arguments.CutTo(EndOfLast);

    private int EndOfLast => Count == 0 ? 0 : _entries[Count - 1].End;

    private readonly record struct Entry(int First, int End, int ConsumedBytes, bool IsInline);
}
