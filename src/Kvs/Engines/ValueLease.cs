namespace Kvs;

/// <summary>
/// A value where the store holds it, without a copy. Its bytes stay as they are until the lease is disposed, whatever
/// is written meanwhile, and even when the store is closed; what they take of memory and disk stays taken as long.
/// </summary>
/// <remarks>Any thread may read it; one disposes it, when nobody reads any more. Holding one delays no operation.
/// </remarks>
public sealed class ValueLease : IDisposable
{
    private IDisposable? _owner;
    private ReadOnlyMemory<byte> _value;
    private bool _isDisposed;

    internal ValueLease(ReadOnlyMemory<byte> value, in ValueInfo info, IDisposable? owner)
    {
        _value = value;
        _owner = owner;
        Info = info;
    }

    /// <summary>The value's bytes.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    public ReadOnlyMemory<byte> Value
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _value;
        }
    }

    /// <summary>Length, version and expiry.</summary>
    public ValueInfo Info { get; }

    /// <summary>Ends the lease. May be called more than once.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _value = default;
        Interlocked.Exchange(ref _owner, null)?.Dispose();
    }
}
