using Kvs.Threading;

namespace Kvs.Benchmarks.Served;

/// <summary>The engine <c>kvs</c>, served by one queue.</summary>
public class SharedQueueKvs() : ServedStore("kvs", SharedQueueThreadPool.PoolName);
