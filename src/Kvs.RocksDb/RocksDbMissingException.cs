namespace Kvs.RocksDb;

/// <summary>RocksDB's library is not on this machine. Nothing was touched.</summary>
public sealed class RocksDbMissingException : KvsException
{
    internal RocksDbMissingException(IReadOnlyList<string> fileNames) : base(
        "The engine rocksdb needs the library of RocksDB, version 7 to 10, which is not on this machine: " +
        "apt-get install librocksdb7.8 (Debian 12; other releases have another number). Tried " +
        $"{fileNames[0]} to {fileNames[^2]} and {fileNames[^1]}.")
    {
    }
}
