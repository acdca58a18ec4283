namespace Kvs.Admin;

/// <summary>Adds up what is done, and tells. Thread-safe.</summary>
internal sealed class ProgressCounter(Action<AdminProgress>? progress, long totalBytes)
{
    private readonly Lock _lock = new();
    private long _doneBytes;

    internal void Add(long bytes)
    {
        lock (_lock)
        {
            _doneBytes += bytes;
            progress?.Invoke(new AdminProgress(_doneBytes, totalBytes));
        }
    }
}
