namespace Kvs;

/// <summary>
/// Stored bytes are not what was written: a checksum fails, or something is missing that was durable. Reads of what
/// is sound go on; nothing was changed on disk.
/// </summary>
public sealed class KvsDamageException : KvsException
{
    /// <summary>Makes the error; the message names file and offset.</summary>
    public KvsDamageException(string file, long offset, string what)
        : base($"Damaged data in {file} at offset {offset}: {what}. Nothing was changed because of it. " +
               "Restore the folder from a backup.")
    {
        File = file;
        Offset = offset;
        What = what;
    }

    /// <summary>What is wrong there, as a part of a sentence.</summary>
    public string What { get; }

    /// <summary>The damaged file.</summary>
    public string File { get; }

    /// <summary>Where in the file the damage was noticed, in bytes from its start.</summary>
    public long Offset { get; }
}
