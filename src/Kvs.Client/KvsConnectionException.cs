using System.Net;

namespace Kvs.Client;

/// <summary>There is no connection to the server, or no more: not reached, refused, lost, silent for too long, or not
/// speaking the protocol. A <see cref="KvsClient"/> or <see cref="KvsPipeline"/> that threw it is of no further use;
/// connect anew. A <see cref="KvsConnection"/> does so by itself.</summary>
public sealed class KvsConnectionException : KvsException
{
    /// <summary>Makes the error.</summary>
    public KvsConnectionException(EndPoint endPoint, string message, bool outcomeUnknown, Exception? inner = null)
        : base(message, inner)
    {
        EndPoint = endPoint;
        OutcomeUnknown = outcomeUnknown;
    }

    /// <summary>The server's address.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>
    /// True where a write was sent and no answer came: it may have been made or not. Read the key to find out; nothing
    /// is repeated by itself. False where the request certainly had no effect, as where nothing was sent.
    /// </summary>
    public bool OutcomeUnknown { get; }
}
