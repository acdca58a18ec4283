using Kvs.Bench.Options;

namespace Kvs.Bench.Servers;

/// <summary>How a server is started; what a server does not have is ignored.</summary>
internal sealed record ServerStart
{
    /// <summary>The program.</summary>
    internal required string Path { get; init; }

    /// <summary>Its folder, which is there.</summary>
    internal required string Folder { get; init; }

    /// <summary>The port that it is told to listen on.</summary>
    internal required int Port { get; init; }

    internal required DurabilityChoice Durability { get; init; }

    internal required string Engine { get; init; }

    internal required string? Pool { get; init; }

    internal required int? Threads { get; init; }

    internal required int? Partitions { get; init; }

    /// <summary>The bytes of all keys and values together.</summary>
    internal required long DataBytes { get; init; }

    /// <summary>Connections that there will be.</summary>
    internal required int Clients { get; init; }
}
