using System.IO.Pipelines;
using System.Net;
using System.Net.Security;

namespace Kvs.Server.Transport.Tls;

/// <summary>A connection whose bytes are encrypted below.</summary>
internal sealed class TlsConnection : ITransportConnection
{
    /// <summary>As much as one record of TLS can hold, in bytes: what is gathered in less would be sent in
    /// more.</summary>
    private const int RecordBytes = 16 * 1024;

    private readonly ITransportConnection _plain;
    private readonly SslStream _tls;

    internal TlsConnection(ITransportConnection plain, SslStream tls)
    {
        _plain = plain;
        _tls = tls;

        // A read of no bytes comes first, which waits without a buffer: most connections are idle most of the time.
        Input = PipeReader.Create(tls, new StreamPipeReaderOptions(
            bufferSize: RecordBytes, leaveOpen: true, useZeroByteReads: true));
        Output = PipeWriter.Create(tls, new StreamPipeWriterOptions(minimumBufferSize: RecordBytes, leaveOpen: true));
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public EndPoint? RemoteEndPoint => _plain.RemoteEndPoint;

    public async ValueTask FinishSendingAsync()
    {
        try
        {
            // Without this, a client could not tell the end from somebody's having cut the line.
            await _tls.ShutdownAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or InvalidOperationException)
        {
            // The client was faster: the connection is gone, and with it the need to end it well.
        }

        await _plain.FinishSendingAsync().ConfigureAwait(false);
    }

    public void Post(Action work) => _plain.Post(work);

    public void Abort() => _plain.Abort();
}
