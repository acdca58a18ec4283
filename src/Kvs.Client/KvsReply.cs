using Kvs.Protocol.Binary;

namespace Kvs.Client;

/// <summary>The answer to one request of a <see cref="KvsPipeline"/>. Valid during the call of the handler.</summary>
public readonly ref struct KvsReply
{
    private readonly ReadOnlySpan<byte> _body;

    internal KvsReply(long index, ReplyStatus status, ReadOnlySpan<byte> body)
    {
        Index = index;
        Status = status;
        _body = body;
    }

    /// <summary>Which request this answers: 0 for the pipeline's first. Answers come in the order of
    /// requests.</summary>
    public long Index { get; }

    /// <summary>How the request ended.</summary>
    public ReplyStatus Status { get; }

    /// <summary>Whether the server refused or failed the request; the others go on.</summary>
    public bool IsError => BinaryProtocol.IsError(Status);

    /// <summary>Whether the key of a get or a remove was there; true for a set that was made.</summary>
    public bool IsFound => Status == ReplyStatus.Ok;

    /// <summary>The value that a get found; empty for anything else.</summary>
    public ReadOnlySpan<byte> Value => IsFound ? _body : default;

    /// <summary>The server's message where this is an error; empty otherwise.</summary>
    public string Message => IsError ? ReplyReader.ReadMessage(_body) : "";

    /// <summary>Does nothing for a request that was done.</summary>
    /// <exception cref="KvsServerException">The request failed.</exception>
    public void ThrowIfError()
    {
        if (IsError)
        {
            throw new KvsServerException(Status, Message);
        }
    }
}
