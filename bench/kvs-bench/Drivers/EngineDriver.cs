using Kvs.Bench.Workloads;

namespace Kvs.Bench.Drivers;

/// <summary>An engine of the library.</summary>
internal sealed class EngineDriver : IDriver
{
    private readonly IKvsEngine _engine;
    private readonly bool _isAtomic;

    internal EngineDriver(string name, string folder, DriverSettings settings)
        : this(KvsEngines.Open(name, folder, OptionsFor(settings)), settings)
    {
    }

    /// <summary>Takes over an engine that is open.</summary>
    internal EngineDriver(IKvsEngine engine, DriverSettings settings)
    {
        _isAtomic = settings.IsAtomic;
        _engine = engine;
    }

    /// <inheritdoc/>
    public long? IndexBytes => _engine.GetStatistics().IndexBytes is > 0 and long bytes ? bytes : null;

    /// <inheritdoc/>
    public IDriverSession CreateSession() => new Session(_engine, _isAtomic);

    /// <inheritdoc/>
    public void Settle() => _engine.Flush();

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();

    internal static KvStoreOptions OptionsFor(DriverSettings settings) => new()
    {
        Durability = settings.Durability,
        SyncInterval = settings.SyncInterval,
        Partitions = settings.Partitions,
    };

    internal static string Describe(string name, DriverSettings settings)
    {
        string kept = name == KvsEngines.Names[0]
            ? "every get verifies the record's checksum"
            : "keeps nothing on disk, whatever the durability; no checksums";
        return $"{kept}; batches are {(settings.IsAtomic ? "atomic (TryWrite)" : "not atomic (SetMany)")}";
    }

    private sealed class Session(IKvsEngine engine, bool isAtomic) : IDriverSession
    {
        private readonly WriteBatch _batch = new();

        public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => engine.Set(key, value);

        public bool TryGet(ReadOnlySpan<byte> key, Span<byte> destination, out int valueBytes) =>
            engine.TryGet(key, destination, out valueBytes);

        public void SetMany(ReadOnlySpan<KvsEntry> entries)
        {
            if (!isAtomic)
            {
                engine.SetMany(entries);
                return;
            }

            _batch.Clear();
            foreach (ref readonly KvsEntry entry in entries)
            {
                _batch.Set(entry.Key.Span, entry.Value.Span);
            }

            if (!engine.TryWrite(_batch))
            {
                throw new InvalidOperationException("A batch without requirements was refused.");
            }
        }

        public void GetMany(ReadOnlySpan<ReadOnlyMemory<byte>> keys, ref CheckedValues values) =>
            engine.GetMany(keys, ref values);

        public void Dispose()
        {
        }
    }
}
