namespace Kvs.Threading.Tests;

public sealed class SharedQueueThreadPoolTests : BoundedPoolContract
{
    private protected override IThreadPool Make(int threads, Action<Exception>? jobFailed, StartedThreads started) =>
        new SharedQueueThreadPool(threads, jobFailed, started.Start);

    [Fact]
    public void All_threads_are_started_when_the_constructor_returns()
    {
        var started = new StartedThreads();
        using IThreadPool pool = Make(5, null, started);
        Assert.Equal(5, started.AliveCount);
        Assert.Equal(5, pool.Threads);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void A_thread_that_cannot_be_started_ends_those_that_were(int failing)
    {
        var started = new StartedThreads(start => start == failing);
        var failure = Assert.Throws<ThreadPoolStartException>(() => Make(5, null, started));
        Assert.Contains($"{failing} of 5", failure.Message, StringComparison.Ordinal);
        Assert.IsType<InsufficientMemoryException>(failure.InnerException);
        Assert.Equal(failing, started.Count);
        Assert.Equal(0, started.AliveCount);
    }

    [Fact]
    public void No_thread_is_started_after_the_constructor()
    {
        var started = new StartedThreads();
        using (IThreadPool pool = Make(3, _ => { }, started))
        {
            for (int i = 0; i < 1000; i++)
            {
                pool.Spawn(() => throw new InvalidOperationException("a job that fails"));
            }
        }

        Assert.Equal(3, started.Count);
    }

    [Fact]
    public void A_job_that_interrupts_its_thread_costs_no_thread()
    {
        int ran = 0;
        var started = new StartedThreads();
        using (IThreadPool pool = Make(1, null, started))
        {
            for (int i = 0; i < 100; i++)
            {
                using var done = new ManualResetEventSlim();
                pool.Spawn(() => Thread.CurrentThread.Interrupt());
                pool.Spawn(() =>
                {
                    ran++;
                    done.Set();
                });
                Hang.Fails(done);
            }

            Assert.Equal(1, started.AliveCount);
        }

        Assert.Equal(100, ran);
    }
}
