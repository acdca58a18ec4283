namespace Kvs.Client.Transport;

/// <summary>TLS that does not wait: a piece is on its way out and one is awaited, and both go on by themselves
/// meanwhile.</summary>
/// <remarks>Not thread-safe. What runs by itself touches only the piece that it has, until its task is done.</remarks>
internal sealed class NonBlockingTls : INonBlockingTransport
{
    /// <summary>Room for what is on its way in each direction, in bytes: some records of TLS.</summary>
    private const int PieceBytes = 64 * 1024;

    private readonly TlsTransport _transport;
    private readonly byte[] _outgoing = new byte[PieceBytes];
    private readonly byte[] _incoming = new byte[PieceBytes];
    private Task<bool> _sending = Task.FromResult(true);
    private Task<Arrival> _receiving;
    private int _taken;

    internal NonBlockingTls(TlsTransport transport)
    {
        _transport = transport;
        _receiving = ReceiveAsync();
    }

    public int TrySend(ReadOnlySpan<byte> bytes)
    {
        if (!CanSend)
        {
            return 0;
        }

        int count = Math.Min(bytes.Length, PieceBytes);
        bytes[..count].CopyTo(_outgoing);
        _sending = SendAsync(_outgoing.AsMemory(0, count));
        return count;
    }

    public int TryReceive(Span<byte> destination, out string? end)
    {
        end = null;
        if (!_receiving.IsCompleted)
        {
            return 0;
        }

        Arrival arrival = _receiving.Result;
        end = arrival.End;
        int count = Math.Min(arrival.Bytes - _taken, destination.Length);
        _incoming.AsSpan(_taken, count).CopyTo(destination);
        _taken += count;
        if (_taken == arrival.Bytes && end is null)
        {
            _taken = 0;
            _receiving = ReceiveAsync();
        }

        return count;
    }

    public bool Wait(bool forWriting, TimeSpan timeout)
    {
        // After a failure to send, what there is to wait for is what was sent before the other side failed.
        bool hasFailed = _sending is { IsCompleted: true, Result: false };
        Task[] awaited = forWriting && !hasFailed ? [_receiving, _sending] : [_receiving];
        return Task.WaitAny(awaited, timeout) >= 0;
    }

    public void Dispose() => _transport.Dispose();

    private bool CanSend => _sending is { IsCompleted: true, Result: true };

    /// <summary>Sends a piece; false where that failed.</summary>
    private async Task<bool> SendAsync(ReadOnlyMemory<byte> piece)
    {
        try
        {
            while (!piece.IsEmpty)
            {
                piece = piece[await _transport.SendAsync(piece).ConfigureAwait(false)..];
            }

            return true;
        }
        catch (Exception error) when (ClientSocket.IsFailure(error) || error is ObjectDisposedException)
        {
            // The receiving side finds the reason.
            return false;
        }
    }

    private async Task<Arrival> ReceiveAsync()
    {
        try
        {
            int received = await _transport.ReceiveAsync(_incoming).ConfigureAwait(false);
            return new Arrival(received, received > 0 ? null : ClientSocket.ClosedByServer);
        }
        catch (Exception error) when (ClientSocket.IsFailure(error) || error is ObjectDisposedException)
        {
            return new Arrival(0, ClientSocket.Reason(error));
        }
    }

    /// <summary>What a receive came to.</summary>
    /// <param name="Bytes">Bytes that have arrived.</param>
    /// <param name="End">Why no more will; null while more may.</param>
    private readonly record struct Arrival(int Bytes, string? End);
}
