namespace Kvs.Client.Transport;

/// <summary>A connection that neither sends nor receives more than it can at once, so that one thread can do both. Not
/// thread-safe.</summary>
internal interface INonBlockingTransport : IDisposable
{
    /// <summary>Sends as much as can be sent at once; returns how many bytes that was. After a failure it is 0: that
    /// shows itself to the receiving side as well, but behind the replies that arrived before it.</summary>
    int TrySend(ReadOnlySpan<byte> bytes);

    /// <summary>Receives some of what has arrived; returns how many bytes that was, 0 where nothing has.</summary>
    /// <param name="destination">Where they go.</param>
    /// <param name="end">Why nothing more will come; null while something may.</param>
    int TryReceive(Span<byte> destination, out string? end);

    /// <summary>Waits until something can be received or, where asked for, sent; false when the time is up.</summary>
    bool Wait(bool forWriting, TimeSpan timeout);
}
