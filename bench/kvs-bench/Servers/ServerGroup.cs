using System.Net;

namespace Kvs.Bench.Servers;

/// <summary>Servers that share the keys: started here, or somebody else's.</summary>
internal sealed class ServerGroup : IDisposable
{
    private readonly List<ServerProcess> _processes = [];

    private ServerGroup(IReadOnlyList<IPEndPoint> addresses) => Addresses = addresses;

    private ServerGroup(IEnumerable<Func<ServerProcess>> starts)
    {
        try
        {
            foreach (Func<ServerProcess> start in starts)
            {
                _processes.Add(start());
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        Addresses = [.. _processes.Select(process => process.Address)];
    }

    internal IReadOnlyList<IPEndPoint> Addresses { get; }

    /// <summary>Whether they were started here, so that what they take is known.</summary>
    internal bool IsOwn => _processes.Count > 0;

    /// <summary>The number of the first of the keys that are in use.</summary>
    internal long FirstNumber { get; set; }

    /// <summary>Whether all keys from there on are set.</summary>
    internal bool IsFilled { get; set; }

    /// <summary>Processor time of all of them, in nanoseconds.</summary>
    internal long CpuNs => _processes.Sum(process => process.CpuNs);

    internal long ResidentBytes => _processes.Sum(process => process.ResidentBytes);

    internal long ResidentAnonymousBytes => _processes.Sum(process => process.ResidentAnonymousBytes);

    internal long DiskBytes => _processes.Sum(process => process.DiskBytes);

    /// <summary>Starts servers.</summary>
    internal static ServerGroup Start(IEnumerable<Func<ServerProcess>> starts) => new(starts);

    /// <summary>Takes servers that are there.</summary>
    internal static ServerGroup At(IReadOnlyList<IPEndPoint> addresses) => new(addresses);

    /// <summary>Waits until the servers do next to nothing, where that can be seen.</summary>
    internal void Settle() => _processes.ForEach(process => process.Settle());

    /// <summary>Ends those that were started.</summary>
    public void Dispose() => _processes.ForEach(process => process.Dispose());
}
