namespace Kvs.Protocol;

/// <summary>A file of certificates or of a key cannot be used. Nothing was begun.</summary>
public sealed class KvsCertificateException : KvsException
{
    /// <summary>Makes the error.</summary>
    public KvsCertificateException(string path, string reason, Exception? inner = null)
        : base($"Cannot use {path}: {reason}.", inner)
    {
        Path = path;
    }

    /// <summary>The file that is at fault.</summary>
    public string Path { get; }
}
