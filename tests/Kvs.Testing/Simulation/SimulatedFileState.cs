namespace Kvs.Testing;

/// <summary>One name of a file, and what stands under it.</summary>
/// <param name="Path">The full path.</param>
/// <param name="Bytes">What a process sees there; null when it sees no file.</param>
/// <param name="DurableBytes">What a power cut that drops all that is not durable would leave there; null when that
/// is no file.</param>
public sealed record SimulatedFileState(string Path, byte[]? Bytes, byte[]? DurableBytes);
