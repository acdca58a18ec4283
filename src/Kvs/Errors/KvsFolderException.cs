namespace Kvs;

/// <summary>A folder cannot be opened as a store: in use, another engine's, not a folder, not writable. Nothing in it
/// was changed.</summary>
public sealed class KvsFolderException : KvsException
{
    /// <summary>Makes the error.</summary>
    public KvsFolderException(string folder, string message, Exception? inner = null) : base(message, inner)
    {
        Folder = folder;
    }

    /// <summary>The folder that was to be opened.</summary>
    public string Folder { get; }
}
