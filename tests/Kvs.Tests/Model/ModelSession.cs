using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>
/// Takes a store and its oracle through steps that were chosen beforehand. Nothing is done in the background that can
/// be done by a step, so that a sequence that fails once fails again, and so do those that are tried in its place.
/// </summary>
internal sealed class ModelSession : IDisposable
{
    internal const int Keys = 6;

    private readonly ModelPair _pair = new(Keys, new HandDrivenClock());
    private readonly KvStoreOptions _options;
    private SimulatedFiles _files = new();

    internal ModelSession(Durability durability)
    {
        _options = SmallStore.OptionsOn(_files, durability) with
        {
            Clock = _pair.Clock,
            Compaction = new CompactionOptions { IsAutomatic = false, GarbageRatio = 0.05, CensusRatio = -1 },
        };
        Open(0, 0);
    }

    /// <summary>Takes one step.</summary>
    internal void Take(ModelStep step)
    {
        _pair.Versions.BeginOperation();
        if (step is ModelEnd end)
        {
            End(end);
        }
        else
        {
            ((ModelOperation)step).Make(_pair);
        }
    }

    /// <summary>Fails unless both hold the same.</summary>
    internal void Check()
    {
        _pair.Leases.Check();
        _pair.CompareAll();
    }

    public void Dispose()
    {
        _pair.Leases.Dispose();
        _pair.Store.Dispose();
        _pair.Oracle.Dispose();
        _files.Dispose();
    }

    private void End(ModelEnd end)
    {
        int done = _pair.History.Done;
        int least = end.How == StoreEnd.PowerCut ? _pair.History.Durable : done;
        SimulatedFiles? left = end.How == StoreEnd.Close ? null : _files.CrashProcess();
        _pair.Leases.Check();
        _pair.Leases.Dispose();
        _pair.Store.Dispose();
        if (left is not null)
        {
            _files.Dispose();
            _files = left;
        }

        if (end.How == StoreEnd.PowerCut)
        {
            _files = left!.CrashPower(PowerCut.Random(end.Seed));
            left.Dispose();
        }

        Open(least, done);
    }

    private void Open(int least, int most) => _pair.GoOnWith(
        KvStore.Open(SmallStore.Folder, _options with { FileSystem = _files }), least, most);
}
