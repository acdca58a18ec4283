using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>A moment at which the power may go: the files as they were then.</summary>
/// <param name="Files">An image; what was not synced is dirty in it.</param>
/// <param name="Durable">Writes that a flush which has returned covers.</param>
/// <param name="Begun">Writes that were made, the last one perhaps in part.</param>
internal sealed record CrashMoment(SimulatedFiles Files, int Durable, int Begun);

/// <summary>Runs a script on a store, with flushes in between, and keeps an image of each moment that matters: after
/// every write, and in front of every sync, when the records and the commit record are there and not on disk.
/// </summary>
internal sealed class CrashMoments : IDisposable
{
    private readonly List<CrashMoment> _moments = [];
    private readonly SimulatedFiles _files = new();
    private volatile int _durable;
    private volatile int _begun;
    private bool _isOver;

    internal CrashMoments(WriteScript script, Func<int, bool> flushesAfter)
    {
        using (KvStore store = SmallStore.Open(_files))
        {
            Run(store, script, flushesAfter);
        }

        All = _moments;
    }

    internal IReadOnlyList<CrashMoment> All { get; }

    /// <summary>The moments that a flush made durable; and the start.</summary>
    internal List<int> FlushedMoments { get; } = [0];

    public void Dispose()
    {
        _moments.ForEach(moment => moment.Files.Dispose());
        _files.Dispose();
    }

    private void Run(KvStore store, WriteScript script, Func<int, bool> flushesAfter)
    {
        _files.BeforeOperation = operation =>
        {
            if (operation.Kind == FileOperation.Sync &&
                operation.Path.Contains("segment", StringComparison.Ordinal))
            {
                Add();
            }
        };
        for (int write = 0; write < script.Count; write++)
        {
            _begun = write + 1;
            script.Make(store, write);
            Add();
            if (flushesAfter(write))
            {
                store.Flush();
                _durable = write + 1;
                FlushedMoments.Add(write + 1);
            }
        }

        // Closing is not one of the moments.
        lock (_moments)
        {
            _isOver = true;
        }
    }

    /// <summary>Syncs come from threads of the store, while this one may be writing: what was durable is asked
    /// before the image is made, what was begun behind it.</summary>
    private void Add()
    {
        lock (_moments)
        {
            if (_isOver)
            {
                return;
            }

            int durable = _durable;
            SimulatedFiles image = _files.CrashProcess();
            _moments.Add(new CrashMoment(image, durable, _begun));
        }
    }
}
