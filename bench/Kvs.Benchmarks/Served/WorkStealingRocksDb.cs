using Kvs.Threading;

namespace Kvs.Benchmarks.Served;

/// <summary>The engine <c>rocksdb</c>, served by the runtime's own pool.</summary>
public class WorkStealingRocksDb() : ServedStore("rocksdb", WorkStealingThreadPool.PoolName);
