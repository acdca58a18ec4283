using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>
/// Whatever file operation fails, once or from then on: an error of ours, never a wrong value, nothing that was
/// acknowledged is lost, and the store opens again when the disk is well.
/// </summary>
public sealed class FailedOperationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void In_a_new_folder(bool forEver) => FailEach(WriteScript.Short, 0, forEver);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void In_a_folder_that_was_closed(bool forEver) => FailEach(WriteScript.Short, 6, forEver);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void In_a_folder_whose_process_died(bool forEver) => FailEach(WriteScript.Short, 6, forEver, isKilled: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_segments_follow_each_other(bool forEver) => FailEach(WriteScript.ManySegments, 0, forEver);

    private static void FailEach(WriteScript script, int writtenBefore, bool forEver, bool isKilled = false)
    {
        bool hasFailed = true;
        for (long nth = 1; hasFailed; nth++)
        {
            using SimulatedFiles files = Prepare(script, writtenBefore, isKilled);
            files.FailOperation(nth, forEver);
            int before = files.Log.Count;
            (int acknowledged, int begun) = Run(script, files, writtenBefore);
            hasFailed = files.Log.Skip(before).Any(operation => operation.HasFailed);

            using SimulatedFiles cut = files.CrashPower(PowerCut.DropUnsynced);
            using SimulatedFiles kept = files.CrashPower(PowerCut.KeepEverything);
            files.ClearFaults();
            foreach (SimulatedFiles after in new[] { files, cut, kept })
            {
                using KvStore store = SmallStore.Open(after);
                int moment = script.FindMoment(store);
                Assert.True(moment >= acknowledged && moment <= begun,
                    $"After operation {nth} failed, the store stands after {moment} writes; {acknowledged} were " +
                    $"acknowledged, {begun} begun.");
            }
        }
    }

    private static SimulatedFiles Prepare(WriteScript script, int writes, bool isKilled)
    {
        var files = new SimulatedFiles();
        if (writes == 0)
        {
            return files;
        }

        SimulatedFiles? killed = null;
        using (KvStore store = SmallStore.Open(files, Durability.Disk))
        {
            for (int write = 0; write < writes; write++)
            {
                script.Make(store, write);
            }

            killed = isKilled ? files.CrashProcess() : null;
        }

        if (killed is not null)
        {
            files.Dispose();
        }

        return killed ?? files;
    }

    /// <summary>Opens, writes and closes, up to the first error.</summary>
    private static (int Acknowledged, int Begun) Run(WriteScript script, SimulatedFiles files, int from)
    {
        int acknowledged = from, begun = from;
        try
        {
            using KvStore store = SmallStore.Open(files, Durability.Disk);
            for (int write = from; write < script.Count; write++)
            {
                begun = write + 1;
                script.Make(store, write);
                acknowledged = write + 1;
            }
        }
        catch (KvsException)
        {
            // It got as far as it got.
        }

        return (acknowledged, begun);
    }
}
