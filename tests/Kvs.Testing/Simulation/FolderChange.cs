namespace Kvs.Testing;

/// <summary>A change to a folder's entries that has not been made durable.</summary>
/// <param name="Kind"><see cref="FileOperation.Create"/>, <see cref="FileOperation.Rename"/> or
/// <see cref="FileOperation.Unlink"/>.</param>
/// <param name="Path">The file's full path before the change.</param>
/// <param name="To">Its full path after a rename.</param>
/// <param name="Number">The number of the operation that made the change.</param>
public readonly record struct FolderChange(FileOperation Kind, string Path, string? To, long Number);
