namespace Kvs.Files;

/// <summary>Another process, or another store of this one, holds the lock.</summary>
public sealed class FileLockedException : IOException
{
    /// <summary>Makes the error.</summary>
    /// <param name="path">The lock file.</param>
    /// <param name="holder">Who holds it, in words, as far as that is known: "process 4711 (kvs-server)".</param>
    public FileLockedException(string path, string holder) : base($"{path} is locked by {holder}.")
    {
        Holder = holder;
    }

    /// <summary>Who holds the lock, in words.</summary>
    public string Holder { get; }
}
