namespace Kvs.Threading.Tests;

/// <summary>What the pools with a number of threads promise beyond <see cref="ThreadPoolContract"/>.</summary>
public abstract class BoundedPoolContract : ThreadPoolContract
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void No_more_jobs_run_at_once_than_there_are_threads(int threads)
    {
        int running = 0;
        int most = 0;
        using (IThreadPool pool = Make(threads))
        {
            for (int i = 0; i < 300; i++)
            {
                pool.Spawn(() =>
                {
                    int now = Interlocked.Increment(ref running);
                    int seen;
                    while (now > (seen = Volatile.Read(ref most)))
                    {
                        Interlocked.CompareExchange(ref most, now, seen);
                    }

                    Thread.Yield();
                    Interlocked.Decrement(ref running);
                });
            }
        }

        Assert.InRange(most, 1, threads);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void As_many_jobs_run_at_once_as_there_are_threads(int threads)
    {
        using IThreadPool pool = Make(threads);
        using var together = new Barrier(threads);
        using var done = new CountdownEvent(threads);
        for (int i = 0; i < threads; i++)
        {
            pool.Spawn(() =>
            {
                together.SignalAndWait();
                done.Signal();
            });
        }

        Hang.Fails(done);
    }

    [Fact]
    public void Jobs_that_block_hold_up_others_only_until_a_thread_is_free()
    {
        int ran = 0;
        using IThreadPool pool = Make(4);
        using var release = new ManualResetEventSlim();
        using var blocked = new CountdownEvent(3);
        for (int i = 0; i < 3; i++)
        {
            pool.Spawn(() =>
            {
                blocked.Signal();
                release.Wait();
            });
        }

        Hang.Fails(blocked);
        using var done = new CountdownEvent(1000);
        for (int i = 0; i < 1000; i++)
        {
            pool.Spawn(() =>
            {
                Interlocked.Increment(ref ran);
                done.Signal();
            });
        }

        // Through the one thread that is left.
        Hang.Fails(done);
        release.Set();
        Assert.Equal(1000, ran);
    }

    [Fact]
    public void Jobs_spawned_while_all_threads_are_blocked_run_afterwards()
    {
        int ran = 0;
        using (IThreadPool pool = Make(2))
        {
            using var release = new ManualResetEventSlim();
            using var blocked = new CountdownEvent(2);
            for (int i = 0; i < 2; i++)
            {
                pool.Spawn(() =>
                {
                    blocked.Signal();
                    release.Wait();
                });
            }

            Hang.Fails(blocked);
            for (int i = 0; i < 500; i++)
            {
                pool.Spawn(() => Interlocked.Increment(ref ran));
            }

            Assert.Equal(0, Volatile.Read(ref ran));
            release.Set();
        }

        Assert.Equal(500, ran);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void A_number_of_threads_that_makes_no_sense_is_refused(int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(threads));

    [Fact]
    public void A_single_thread_runs_jobs_in_the_order_of_spawning()
    {
        var order = new List<int>();
        using (IThreadPool pool = Make(1))
        {
            for (int i = 0; i < 1000; i++)
            {
                int job = i;
                pool.Spawn(() => order.Add(job));
            }
        }

        Assert.Equal(Enumerable.Range(0, 1000), order);
    }
}
