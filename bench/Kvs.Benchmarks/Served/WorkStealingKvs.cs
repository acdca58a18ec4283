using Kvs.Threading;

namespace Kvs.Benchmarks.Served;

/// <summary>The engine <c>kvs</c>, served by the runtime's own pool.</summary>
public class WorkStealingKvs() : ServedStore("kvs", WorkStealingThreadPool.PoolName);
