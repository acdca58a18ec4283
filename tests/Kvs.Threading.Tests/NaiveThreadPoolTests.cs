namespace Kvs.Threading.Tests;

public sealed class NaiveThreadPoolTests : ThreadPoolContract
{
    private protected override IThreadPool Make(int threads, Action<Exception>? jobFailed, StartedThreads started) =>
        new NaiveThreadPool(jobFailed, started.Start);

    [Fact]
    public void Every_job_has_a_thread_of_its_own()
    {
        const int Jobs = 100;
        var started = new StartedThreads();
        using IThreadPool pool = Make(1, null, started);
        using var together = new Barrier(Jobs);
        using var done = new CountdownEvent(Jobs);
        for (int i = 0; i < Jobs; i++)
        {
            pool.Spawn(() =>
            {
                together.SignalAndWait();
                done.Signal();
            });
        }

        Hang.Fails(done);
        Assert.Equal(Jobs, started.Count);
    }

    [Fact]
    public void Spawn_succeeds_while_no_thread_can_be_started()
    {
        int ran = 0;
        using (IThreadPool pool = Make(1, null, new StartedThreads(_ => true)))
        {
            for (int i = 0; i < 100; i++)
            {
                pool.Spawn(() => ran++);
            }

            Assert.Equal(100, ran);
        }
    }

    [Fact]
    public void A_job_whose_thread_cannot_be_started_runs_when_another_ends()
    {
        int ran = 0;
        using (IThreadPool pool = Make(1, null, new StartedThreads(start => start > 0)))
        {
            using var release = new ManualResetEventSlim();
            pool.Spawn(release.Wait);
            for (int i = 0; i < 100; i++)
            {
                pool.Spawn(() => ran++);
            }

            Assert.Equal(0, Volatile.Read(ref ran));
            release.Set();
        }

        Assert.Equal(100, ran);
    }
}
