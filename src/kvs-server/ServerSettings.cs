using System.Net;

namespace Kvs.ServerProgram;

/// <summary>What the command line asks for.</summary>
internal sealed record ServerSettings
{
    public required IPEndPoint Address { get; init; }

    /// <summary>The engine's name; null for the one that the folder was made with.</summary>
    public required string? Engine { get; init; }

    public required string Folder { get; init; }

    public required string Pool { get; init; }

    public required int Threads { get; init; }

    public required KvStoreOptions Store { get; init; }
}
