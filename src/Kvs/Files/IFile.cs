namespace Kvs.Files;

/// <summary>An open file behind the seam. Disposing it closes it and drops its mapping.</summary>
public unsafe interface IFile : IDisposable
{
    /// <summary>The file's path, as errors name it.</summary>
    string Path { get; }

    /// <summary>The file's length in bytes.</summary>
    long Length { get; }

    /// <summary>
    /// Makes the file <paramref name="length"/> bytes long, with room on the disk for all of them, so that no later
    /// store into its mapping can meet a full disk. New bytes are zero.
    /// </summary>
    /// <exception cref="IOException">No room: the file is as long as before.</exception>
    void Allocate(long length);

    /// <summary>
    /// Cuts the file to <paramref name="length"/> bytes. It may be mapped: what of the mapping lies behind the new end
    /// must not be touched any more.
    /// </summary>
    void Truncate(long length);

    /// <summary>
    /// Stores bytes at a place that <see cref="Allocate"/> has made; mappings of the file see them. Not as one: who is
    /// killed in the middle leaves a part of them, from the front. 8 bytes at a multiple of 8 are there as one.
    /// </summary>
    /// <exception cref="IOException">It failed; a part of the bytes may be there.</exception>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Maps the first <paramref name="length"/> bytes, shared: what is stored there is in the file at once. At most
    /// one mapping at a time; valid until the file is disposed or <see cref="Unmap"/> is called.
    /// </summary>
    byte* Map(long length);

    /// <summary>Drops the mapping, if there is one.</summary>
    void Unmap();

    /// <summary>Brings the pages of a part of the mapping into memory, ready to be stored into, so that the stores
    /// that follow take no page faults. A hint; never fails.</summary>
    void Populate(long offset, long length);

    /// <summary>Says that a part of the mapping will hardly be stored into any more. It stays readable, and may be
    /// stored into all the same. A hint; never fails.</summary>
    void StopWriting(long offset, long length);

    /// <summary>Lets the next <see cref="Sync"/> write all pages of a part of the mapping, also those that the kernel
    /// takes for clean: after a failed sync it does so with pages that never reached the disk.</summary>
    void MarkDirty(long offset, long length);

    /// <summary>Makes the file's bytes and length durable (fdatasync), those stored through the mapping included.
    /// </summary>
    /// <exception cref="IOException">The sync failed. It must not be tried again: a second one would succeed with
    /// the data gone.</exception>
    void Sync();
}
