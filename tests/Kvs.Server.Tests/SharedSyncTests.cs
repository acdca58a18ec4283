using Kvs.Server.Connections;
using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests;

/// <summary>One sync for all connections that wait: none is let go by a sync that began before it joined.</summary>
public sealed class SharedSyncTests : IDisposable
{
    private readonly FaultyEngine _engine = new();
    private readonly Queue<Action> _posted = new();
    private readonly SharedSync _shared;

    public SharedSyncTests() => _shared = new SharedSync(_engine);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Who_comes_while_a_sync_runs_is_let_go_by_the_next_one()
    {
        TaskCompletionSource first = BeginSync();
        TaskCompletionSource second = BeginSync();
        Task early = Join();
        RunPosted();
        Task late = Join();
        first.SetResult();
        RunUntil(() => early.IsCompleted);
        Assert.False(late.IsCompleted);
        Assert.Equal(2, _engine.SyncsBegun);
        second.SetResult();
        RunUntil(() => late.IsCompletedSuccessfully);
        Assert.Equal(2, _engine.SyncsBegun);
    }

    [Fact]
    public void Those_who_have_gathered_when_it_begins_share_a_sync()
    {
        TaskCompletionSource sync = BeginSync();
        Task[] waiting = [.. Enumerable.Range(0, 100).Select(_ => Join())];
        RunPosted();
        sync.SetResult();
        RunUntil(() => waiting.All(task => task.IsCompletedSuccessfully));
        Assert.Equal(1, _engine.SyncsBegun);
    }

    [Fact]
    public void A_sync_that_fails_fails_those_it_was_for_and_no_other()
    {
        TaskCompletionSource first = BeginSync();
        Task early = Join();
        RunPosted();
        Task late = Join();
        first.SetException(new KvsWriteException("failed", isFinal: false));
        RunUntil(() => early.IsFaulted && late.IsCompletedSuccessfully);
        Assert.IsType<KvsWriteException>(early.Exception!.InnerException);
    }

    [Fact]
    public void Who_waits_again_and_again_is_let_go_each_time()
    {
        var waiter = new SyncWaiter(Post);
        for (int round = 0; round < 100; round++)
        {
            Task waiting = _shared.WaitAsync(waiter).AsTask();
            RunUntil(() => waiting.IsCompletedSuccessfully);
        }
    }

    private TaskCompletionSource BeginSync()
    {
        var sync = new TaskCompletionSource();
        _engine.Syncs.Enqueue(sync.Task);
        return sync;
    }

    private Task Join() => _shared.WaitAsync(new SyncWaiter(Post)).AsTask();

    private void Post(Action work)
    {
        lock (_posted)
        {
            _posted.Enqueue(work);
        }
    }

    private void RunPosted()
    {
        while (true)
        {
            Action? work;
            lock (_posted)
            {
                if (!_posted.TryDequeue(out work))
                {
                    return;
                }
            }

            work();
        }
    }

    private void RunUntil(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(() =>
    {
        RunPosted();
        return condition();
    }, TimeSpan.FromSeconds(60)), "hangs");
}
