using Kvs.Protocol.Binary;

namespace Kvs.Client;

/// <summary>The server answered a request with an error. The connection goes on, unless the status says otherwise.
/// </summary>
public sealed class KvsServerException : KvsException
{
    /// <summary>Makes the error.</summary>
    /// <param name="status">What went wrong.</param>
    /// <param name="message">The server's message.</param>
    public KvsServerException(ReplyStatus status, string message) : base(message)
    {
        Status = status;
    }

    /// <summary>What went wrong.</summary>
    public ReplyStatus Status { get; }
}
