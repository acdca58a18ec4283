namespace Kvs.Testing;

/// <summary>
/// Checks what threads, or clients, saw of keys that they read and wrote at the same time: whether there is an order
/// of all operations, each at some moment between its start and its end, in which every single one makes sense.
/// </summary>
/// <remarks>
/// Keys are checked one by one, for a store is linearizable when each of its keys is. One operation precedes another
/// when it ended before the other started; all others overlap. The search is that of J. Wing and C. Gong (Testing and
/// Verifying Concurrent Objects, Journal of Parallel and Distributed Computing 17, 1993) with G. Lowe's memory of what
/// was tried (Testing for Linearizability, Concurrency and Computation 29, 2017). It neither blames a sound store nor
/// lets a history pass that no order explains, but for a collision of two hashes of 128 bits.
/// </remarks>
public static class LinearizabilityChecker
{
    /// <summary>Checks a whole history, in any order. A key is not there at the start, unless a
    /// <see cref="HistoryOperation.Initial"/> says otherwise.</summary>
    /// <exception cref="HistoryViolationException">No linearizable store behaves like this.</exception>
    public static void Check(IEnumerable<HistoryOperation> operations)
    {
        foreach (IGrouping<int, HistoryOperation> key in operations.GroupBy(operation => operation.Key))
        {
            HistoryOperation[] ofKey = [.. key];
            CheckValues(ofKey);
            new KeySearch(ofKey).Run();
        }
    }

    private static void CheckValues(HistoryOperation[] operations)
    {
        var stored = new HashSet<long>();
        foreach (HistoryOperation write in operations.Where(operation => operation.IsWrite))
        {
            if (write.Result != HistoryOperation.Missing && !stored.Add(write.Value))
            {
                throw new ArgumentException($"The checker needs values that are unique: {write}");
            }
        }

        foreach (HistoryOperation get in operations.Where(operation => !operation.IsWrite))
        {
            if (get.Value != HistoryOperation.Missing && !stored.Contains(get.Value))
            {
                throw new HistoryViolationException($"A get returned a value that nobody stored.\n  {get}");
            }
        }
    }
}
