namespace Kvs.Bench.Drivers;

/// <summary>A store under measurement, open on a folder: kvs itself, or a peer.</summary>
/// <remarks><see cref="CreateSession"/> may be called from any thread; the rest by one thread, while no session is in
/// use.</remarks>
internal interface IDriver : IDisposable
{
    /// <summary>Memory that the index takes, in bytes; null where that is not known.</summary>
    long? IndexBytes { get; }

    /// <summary>Makes what one thread uses the store with.</summary>
    IDriverSession CreateSession();

    /// <summary>Waits until nothing is left to be done behind the callers' backs, and all is on disk: so that no part
    /// pays for the one before.</summary>
    void Settle();
}
