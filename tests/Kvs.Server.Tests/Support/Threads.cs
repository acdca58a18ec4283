using System.Collections.Concurrent;

namespace Kvs.Server.Tests.Support;

/// <summary>Runs blocking clients in threads of their own: in the runtime's pool they would take the threads that the
/// server, in the same process, receives with.</summary>
internal static class Threads
{
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(60);

    internal static void Run(int count, Action<int> action)
    {
        var failures = new ConcurrentQueue<Exception>();
        Thread[] threads = [.. Enumerable.Range(0, count).Select(number => new Thread(() =>
        {
            if (Record.Exception(() => action(number)) is Exception failure)
            {
                failures.Enqueue(failure);
            }
        }) { IsBackground = true })];
        Array.ForEach(threads, thread => thread.Start());
        Assert.All(threads, thread => Assert.True(thread.Join(HangLimit), "hangs"));
        if (!failures.IsEmpty)
        {
            throw new AggregateException(failures);
        }
    }
}
