using System.Net;

namespace Kvs.Server;

/// <summary>The server cannot listen where it was told to. Nothing was started.</summary>
public sealed class KvsListenException : KvsException
{
    /// <summary>Makes the error.</summary>
    public KvsListenException(EndPoint endPoint, string reason, Exception? inner = null)
        : base($"Cannot listen on {endPoint}: {reason}.", inner)
    {
        EndPoint = endPoint;
    }

    /// <summary>The address.</summary>
    public EndPoint EndPoint { get; }
}
