using Kvs.Protocol.Binary;

namespace Kvs.Client.Multiplexing;

/// <summary>What a call asks for, about one key. Key and value are the caller's, who leaves them alone until the call
/// is done.</summary>
internal readonly record struct CallRequest(
    Operation Operation,
    ReadOnlyMemory<byte> Key,
    ReadOnlyMemory<byte> Value = default,
    long Delta = 0,
    RequestFields Fields = default)
{
    /// <summary>What a call counts for the bytes in flight beside its key and value: more than the protocol and the
    /// client need for it.</summary>
    private const int CallBytes = 64;

    /// <summary>Whether its outcome matters when no answer comes.</summary>
    internal bool IsWrite => Operation != Operation.Get;

    internal long Bytes => CallBytes + Key.Length + Value.Length;

    internal void AddTo(BatchRequest batch)
    {
        switch (Operation)
        {
            case Operation.Get:
                batch.Get(Key.Span, Fields.Has(RequestFlags.SaysVersion));
                break;
            case Operation.Set:
                batch.Set(Key.Span, Value.Span, Fields);
                break;
            case Operation.Remove:
                batch.Remove(Key.Span, Fields);
                break;
            default:
                batch.Increment(Key.Span, Delta, Fields);
                break;
        }
    }
}
