using System.Collections.Concurrent;

namespace Kvs.Threading.Tests;

/// <summary>What every pool promises. Each pool's test class derives from this and adds what is its own.</summary>
public abstract class ThreadPoolContract
{
    private protected abstract IThreadPool Make(int threads, Action<Exception>? jobFailed, StartedThreads started);

    private protected IThreadPool Make(int threads, Action<Exception>? jobFailed = null) =>
        Make(threads, jobFailed, new StartedThreads());

    /// <summary>A job that the pool may run on the caller's thread must not wait for the caller.</summary>
    protected virtual bool RunsOnCaller => false;

    [Fact]
    public void A_job_that_throws_costs_no_thread()
    {
        int failures = 0;
        int sum = 0;
        using (IThreadPool pool = Make(4, _ => Interlocked.Increment(ref failures)))
        {
            for (int i = 0; i < 1000; i++)
            {
                pool.Spawn(() => throw new InvalidOperationException("a job that fails"));
            }

            using var done = new CountdownEvent(20);
            for (int i = 0; i < 20; i++)
            {
                pool.Spawn(() =>
                {
                    for (int j = 0; j < 1000; j++)
                    {
                        Interlocked.Increment(ref sum);
                    }

                    done.Signal();
                });
            }

            Hang.Fails(done);
        }

        Assert.Equal(20_000, sum);
        Assert.Equal(1000, failures);
    }

    [Fact]
    public void The_handler_is_given_the_exception_that_the_job_threw()
    {
        var failures = new ConcurrentQueue<Exception>();
        var thrown = new InvalidOperationException("this one");
        using (IThreadPool pool = Make(2, failures.Enqueue))
        {
            pool.Spawn(() => throw thrown);
        }

        Assert.Same(thrown, Assert.Single(failures));
    }

    [Fact]
    public void A_handler_that_throws_costs_no_thread_either()
    {
        int ran = 0;
        using (IThreadPool pool = Make(2, _ => throw new InvalidOperationException("a handler that fails")))
        {
            for (int i = 0; i < 10; i++)
            {
                pool.Spawn(() => throw new InvalidOperationException("a job that fails"));
                pool.Spawn(() => Interlocked.Increment(ref ran));
            }
        }

        Assert.Equal(10, ran);
    }

    [Fact]
    public void Every_job_runs_once()
    {
        const int Spawners = 8;
        const int JobsEach = 500;
        int[] runs = new int[Spawners * JobsEach];
        using (IThreadPool pool = Make(4))
        {
            Parallel(Spawners, spawner =>
            {
                for (int i = 0; i < JobsEach; i++)
                {
                    int job = (spawner * JobsEach) + i;
                    pool.Spawn(() => Interlocked.Increment(ref runs[job]));
                }
            });
        }

        Assert.All(runs, count => Assert.Equal(1, count));
    }

    [Fact]
    public void Jobs_that_are_queued_finish_before_dispose_returns()
    {
        int ran = 0;
        IThreadPool pool = Make(2);
        using var release = new ManualResetEventSlim(RunsOnCaller);
        for (int i = 0; i < 200; i++)
        {
            pool.Spawn(() =>
            {
                release.Wait();
                Interlocked.Increment(ref ran);
            });
        }

        using var disposed = new ManualResetEventSlim();
        var disposing = new Thread(() =>
        {
            pool.Dispose();
            disposed.Set();
        });
        disposing.Start();
        if (!RunsOnCaller)
        {
            // A dispose that does not wait would be through by now.
            Assert.False(disposed.Wait(50));
        }

        release.Set();
        Hang.Fails(disposed);
        disposing.Join();
        Assert.Equal(200, ran);
    }

    [Fact]
    public void Dispose_leaves_no_thread()
    {
        var started = new StartedThreads();
        IThreadPool pool = Make(8, null, started);
        int ran = 0;
        for (int i = 0; i < 500; i++)
        {
            pool.Spawn(() => Interlocked.Increment(ref ran));
        }

        Hang.Fails(pool.Dispose);
        Assert.Equal(500, ran);
        Assert.Equal(0, started.AliveCount);
    }

    [Fact]
    public void Dispose_of_an_unused_pool_returns()
    {
        var started = new StartedThreads();
        IThreadPool pool = Make(8, null, started);
        Hang.Fails(pool.Dispose);
        Assert.Equal(0, started.AliveCount);
    }

    [Fact]
    public void Dispose_may_be_called_again_and_from_several_threads()
    {
        IThreadPool pool = Make(2);
        int ran = 0;
        for (int i = 0; i < 100; i++)
        {
            pool.Spawn(() => Interlocked.Increment(ref ran));
        }

        Hang.Fails(() => Parallel(4, _ =>
        {
            pool.Dispose();
            Assert.Equal(100, Volatile.Read(ref ran));
        }));
        pool.Dispose();
    }

    [Fact]
    public void Spawn_after_dispose_is_refused()
    {
        IThreadPool pool = Make(2);
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Spawn(() => Assert.Fail("must not run")));
    }

    [Fact]
    public void Spawn_of_nothing_is_refused()
    {
        using IThreadPool pool = Make(2);
        Assert.Throws<ArgumentNullException>(() => pool.Spawn(null!));
    }

    [Fact]
    public void Dispose_from_a_job_is_refused_and_the_pool_goes_on()
    {
        var failures = new ConcurrentQueue<Exception>();
        int ran = 0;
        using (IThreadPool pool = Make(1, failures.Enqueue))
        {
            using var done = new ManualResetEventSlim();
            pool.Spawn(pool.Dispose);
            pool.Spawn(() =>
            {
                ran++;
                done.Set();
            });
            Hang.Fails(done);
        }

        Assert.IsType<InvalidOperationException>(Assert.Single(failures));
        Assert.Equal(1, ran);
    }

    [Fact]
    public void Dispose_from_a_job_is_refused_through_an_inline_job_as_well()
    {
        var failures = new ConcurrentQueue<Exception>();
        using (var inline = new InlineThreadPool(failures.Enqueue))
        using (IThreadPool pool = Make(1))
        {
            pool.Spawn(() => inline.Spawn(pool.Dispose));
        }

        Assert.IsType<InvalidOperationException>(Assert.Single(failures));
    }

    [Fact]
    public void A_job_of_another_pool_may_dispose_this_one()
    {
        using var other = new SharedQueueThreadPool(1);
        IThreadPool pool = Make(1);
        int ran = 0;
        pool.Spawn(() => ran++);
        using var disposed = new ManualResetEventSlim();
        other.Spawn(() =>
        {
            pool.Dispose();
            disposed.Set();
        });
        Hang.Fails(disposed);
        Assert.Equal(1, ran);
    }

    [Fact]
    public void A_job_may_spawn()
    {
        int ran = 0;
        using IThreadPool pool = Make(2);
        using var done = new CountdownEvent(100);
        pool.Spawn(() =>
        {
            for (int i = 0; i < 10; i++)
            {
                pool.Spawn(() =>
                {
                    for (int j = 0; j < 10; j++)
                    {
                        pool.Spawn(() =>
                        {
                            Interlocked.Increment(ref ran);
                            done.Signal();
                        });
                    }
                });
            }
        });
        Hang.Fails(done);
        Assert.Equal(100, ran);
    }

    [Fact]
    public void A_job_that_spawns_its_successor_again_and_again_overflows_no_stack()
    {
        const int Generations = 5_000;
        int ran = 0;
        using IThreadPool pool = Make(1);
        using var done = new ManualResetEventSlim();
        void Next()
        {
            if (++ran == Generations)
            {
                done.Set();
            }
            else
            {
                pool.Spawn(Next);
            }
        }

        pool.Spawn(Next);
        Hang.Fails(done);
        Assert.Equal(Generations, ran);
    }

    [Fact]
    public void A_job_spawned_by_a_job_after_dispose_began_is_refused()
    {
        var failures = new ConcurrentQueue<Exception>();
        IThreadPool pool = Make(1, failures.Enqueue);
        using var running = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var spawner = new Thread(() => pool.Spawn(() =>
        {
            running.Set();
            release.Wait();
            while (true)
            {
                pool.Spawn(() => { });
            }
        }));
        spawner.Start();
        Hang.Fails(running);
        release.Set();
        Hang.Fails(pool.Dispose);
        spawner.Join();
        Assert.IsType<ObjectDisposedException>(Assert.Single(failures));
    }

    /// <summary>Runs an action on so many threads at once and throws what the first of them threw.</summary>
    protected static void Parallel(int threads, Action<int> action)
    {
        var failures = new ConcurrentQueue<Exception>();
        using var together = new Barrier(threads);
        var all = new List<Thread>();
        for (int i = 0; i < threads; i++)
        {
            int index = i;
            var thread = new Thread(() =>
            {
                together.SignalAndWait();
                if (Record.Exception(() => action(index)) is { } failure)
                {
                    failures.Enqueue(failure);
                }
            });
            thread.Start();
            all.Add(thread);
        }

        all.ForEach(thread => thread.Join());
        Assert.Empty(failures);
    }
}
