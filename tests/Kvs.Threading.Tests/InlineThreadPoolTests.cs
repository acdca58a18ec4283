namespace Kvs.Threading.Tests;

public sealed class InlineThreadPoolTests : ThreadPoolContract
{
    private protected override IThreadPool Make(int threads, Action<Exception>? jobFailed, StartedThreads started) =>
        new InlineThreadPool(jobFailed);

    protected override bool RunsOnCaller => true;

    [Fact]
    public void Spawn_runs_the_job_on_the_thread_that_calls_it()
    {
        using var pool = new InlineThreadPool();
        int thread = 0;
        pool.Spawn(() => thread = Environment.CurrentManagedThreadId);
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
    }

    [Fact]
    public void Jobs_spawned_too_deep_have_run_when_the_outermost_spawn_returns()
    {
        using var pool = new InlineThreadPool();
        int ran = 0;
        void Next()
        {
            if (++ran < 10 * InlineThreadPool.MaxDepth)
            {
                pool.Spawn(Next);
            }
        }

        pool.Spawn(Next);
        Assert.Equal(10 * InlineThreadPool.MaxDepth, ran);
    }
}
