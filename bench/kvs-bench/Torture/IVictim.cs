namespace Kvs.Bench.Torture;

/// <summary>A process that opens the store, writes, and is killed. For one thread.</summary>
internal interface IVictim : IDisposable
{
    /// <summary>What it writes down.</summary>
    Journal Journal { get; }

    /// <summary>Lets it open the store. It may have been started long before.</summary>
    /// <param name="boot">The boot of the machine that it is to believe in; null for the real one.</param>
    void LetGo(string? boot);

    /// <summary>What went wrong so far; null for nothing. A victim that has ended by itself has something wrong.
    /// </summary>
    string? FindFailure();

    /// <summary>Kills it with SIGKILL; returns when it is dead.</summary>
    void Kill();
}
