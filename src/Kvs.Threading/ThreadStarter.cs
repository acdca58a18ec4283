namespace Kvs.Threading;

/// <summary>
/// Starts a thread that runs <paramref name="body"/>, or throws. The pools' way to the operating system, so that a test
/// can make the k-th start fail.
/// </summary>
internal delegate Thread ThreadStarter(string name, ThreadStart body);

/// <summary>The starter that pools use outside of tests.</summary>
internal static class ThreadStarters
{
    public static Thread Start(string name, ThreadStart body)
    {
        // In the background, so that a pool that nobody disposed does not keep its process from ending.
        var thread = new Thread(body) { Name = name, IsBackground = true };

        // Without the caller's execution context, which would otherwise live as long as the thread.
        thread.UnsafeStart();
        return thread;
    }
}
