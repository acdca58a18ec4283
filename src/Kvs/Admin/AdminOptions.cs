using Kvs.Files;

namespace Kvs.Admin;

/// <summary>How <see cref="KvStoreFiles"/> does its work. Every property has a default that suits most.</summary>
public sealed record AdminOptions
{
    /// <summary>Told how far the work has come. May be called from several threads, never at the same time.</summary>
    public Action<AdminProgress>? Progress { get; init; }

    /// <summary>Told what an operator should know beside the result: what recovery did with a copy, for example.
    /// </summary>
    public Action<string>? Log { get; init; }

    /// <summary>The clock that says what has expired. The system's unless a test says otherwise.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where the files live. The operating system's unless a test says otherwise.</summary>
    public IFileSystem FileSystem { get; init; } = OperatingSystemFiles.Instance;

    internal void Tell(string message) => Log?.Invoke(message);
}
