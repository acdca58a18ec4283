using System.Text;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>A write that asks for the interval is on disk within about that time, also in a store whose own level syncs
/// less often.</summary>
public sealed class RequestedIntervalTests
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Far longer than the interval, and less than the store itself would take.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static readonly WriteOptions s_onInterval = new() { Durability = Durability.Interval };

    [Fact]
    public void Alone()
    {
        using var files = new SimulatedFiles();
        using KvStore store = Open(files);
        store.TrySet("key", "value", s_onInterval);
        Assert.True(SpinWait.SpinUntil(() => IsOnDisk(files, "key"), s_patience));
    }

    /// <summary>A commit had ended the epoch, and waited for a reader to leave it. What was written now was stamped
    /// with the next epoch, and asked for nothing, because the commit was still wanted. Then the commit, which did not
    /// cover it, took the wish for done.</summary>
    [Fact]
    public void While_a_commit_waits_for_a_reader()
    {
        using var files = new SimulatedFiles();
        using KvStore store = Open(files);
        store.Set("read", "value");
        Assert.True(store.TryGet("read"u8, new CallbackBuffer(() => ThreadGroup.Run(1, _ =>
        {
            store.TrySet("before", "value", s_onInterval);

            // Nothing tells from outside that the epoch has ended. Where it takes longer, nothing is shown.
            Thread.Sleep(10 * s_interval);
            store.TrySet("while", "value", s_onInterval);
        }))));
        Assert.True(SpinWait.SpinUntil(() => IsOnDisk(files, "while"), s_patience));
    }

    private static KvStore Open(SimulatedFiles files) => KvStore.Open(SmallStore.Folder,
        SmallStore.OptionsOn(files, Durability.Process) with { SyncInterval = s_interval });

    private static bool IsOnDisk(SimulatedFiles files, string key)
    {
        using SimulatedFiles image = files.CrashPower(PowerCut.DropUnsynced);
        using KvStore store = SmallStore.Open(image);
        return store.TryGet(Encoding.ASCII.GetBytes(key), out byte[]? _);
    }
}
