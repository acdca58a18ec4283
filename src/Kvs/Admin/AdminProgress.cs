namespace Kvs.Admin;

/// <summary>How far a piece of work on a folder has come.</summary>
/// <param name="DoneBytes">Bytes that are done.</param>
/// <param name="TotalBytes">Bytes in all.</param>
public readonly record struct AdminProgress(long DoneBytes, long TotalBytes);
