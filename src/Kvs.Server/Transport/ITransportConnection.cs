using System.IO.Pipelines;
using System.Net;

namespace Kvs.Server.Transport;

/// <summary>One connection. Its two pipes are for one reader and one writer; the other members may be called from
/// anywhere.</summary>
internal interface ITransportConnection
{
    /// <summary>What the client sends. Ends when the client sends no more; fails when the connection is
    /// lost.</summary>
    PipeReader Input { get; }

    /// <summary>What the client gets. A flush is complete when the network has taken all of it, so that what is
    /// unflushed is all that is buffered.</summary>
    PipeWriter Output { get; }

    /// <summary>The client's address, for logs.</summary>
    EndPoint? RemoteEndPoint { get; }

    /// <summary>Tells the client that nothing follows what has been flushed, while its bytes are still received.
    /// </summary>
    ValueTask FinishSendingAsync();

    /// <summary>Has something run soon, where what goes on with the connection's requests runs when bytes have come. It
    /// must not throw.</summary>
    void Post(Action work);

    /// <summary>Ends the connection at once: what has not been sent is dropped, and whoever waits for it is told.
    /// </summary>
    void Abort();
}
