namespace Kvs.Threading.Tests;

public sealed class WorkStealingThreadPoolTests : BoundedPoolContract
{
    private protected override IThreadPool Make(int threads, Action<Exception>? jobFailed, StartedThreads started) =>
        new WorkStealingThreadPool(threads, jobFailed);

    [Fact]
    public void Jobs_run_on_the_threads_of_the_runtime()
    {
        int ours = 0;
        using (IThreadPool pool = Make(4))
        {
            for (int i = 0; i < 100; i++)
            {
                pool.Spawn(() => Interlocked.Add(ref ours, Thread.CurrentThread.IsThreadPoolThread ? 0 : 1));
            }
        }

        Assert.Equal(0, ours);
    }

    [Fact]
    public void Two_pools_have_their_threads_side_by_side()
    {
        using IThreadPool first = Make(8);
        using IThreadPool second = Make(8);
        using var together = new Barrier(16);
        using var done = new CountdownEvent(16);
        for (int i = 0; i < 16; i++)
        {
            (i % 2 == 0 ? first : second).Spawn(() =>
            {
                together.SignalAndWait();
                done.Signal();
            });
        }

        Hang.Fails(done);
    }

    [Fact]
    public void More_threads_than_the_runtime_has_are_refused()
    {
        using IThreadPool most = Make(20_000);
        var failure = Assert.Throws<ThreadPoolStartException>(() => Make(20_000));
        Assert.Contains("20000 of them promised", failure.Message, StringComparison.Ordinal);
    }
}
