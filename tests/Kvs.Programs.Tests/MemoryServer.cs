namespace Kvs.Programs.Tests;

/// <summary>One server with an empty store for all tests of a class, which use keys of their own.</summary>
public sealed class MemoryServer : IDisposable
{
    internal RunningServer Server { get; } = new("--engine", "memory");

    public void Dispose() => Server.Dispose();
}
