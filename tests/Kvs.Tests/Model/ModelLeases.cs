namespace Kvs.Tests;

/// <summary>Values that are leased from a store, and what they must be. One thread.</summary>
internal sealed class ModelLeases : IDisposable
{
    private const int MostLeases = 3;

    private readonly List<(ValueLease Lease, byte[] Expected)> _leases = [];

    /// <summary>Leases a value; of too many, the oldest ends.</summary>
    internal void Take(ModelPair pair, int key)
    {
        Check();
        if (_leases.Count == MostLeases)
        {
            _leases[0].Lease.Dispose();
            _leases.RemoveAt(0);
        }

        ValueLease? lease = pair.Store.TryLease(pair.Key(key));
        bool isThere = pair.Oracle.TryGet(pair.Key(key), out byte[]? value);
        Assert.Equal(isThere, lease is not null);
        if (lease is not null)
        {
            _leases.Add((lease, value!));
        }
    }

    /// <summary>Fails unless the values that are leased are what they were.</summary>
    internal void Check()
    {
        foreach ((ValueLease lease, byte[] expected) in _leases)
        {
            Assert.True(lease.Value.Span.SequenceEqual(expected), "a leased value has changed");
        }
    }

    public void Dispose()
    {
        _leases.ForEach(held => held.Lease.Dispose());
        _leases.Clear();
    }
}
