using Kvs.Testing;
using Kvs.Testing.Schedules;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>
/// The parts of the engine that work without locks, with a switch of threads at any access to what they share, and with
/// stores that are seen late. <c>KVS_TEST_SCHEDULES=100000000 ./test --filter ScheduleTests</c> runs more of them.
/// </summary>
public sealed class ScheduleTests(ITestOutputHelper output)
{
    [Fact]
    public void Reads_find_every_key_while_its_partition_grows_and_never_look_at_a_freed_table() =>
        Explore(() => new GrowthScenario(keys: 112, firstKeys: 112, steps: 200), 200_000);

    [Fact]
    public void Reads_find_every_key_while_the_base_of_its_table_is_renewed() =>
        Explore(() => new GrowthScenario(keys: 875, firstKeys: 112, steps: 1_100), 5_000);

    [Fact]
    public void Reads_find_the_latest_record_while_compaction_moves_it_and_never_look_at_a_dropped_segment() =>
        Explore(() => new CompactionScenario(), 200_000);

    [Fact]
    public void Nothing_is_called_durable_before_a_sync_that_covers_it_and_no_epoch_ends_under_a_writer() =>
        Explore(() => new DurabilityScenario(), 200_000);

    [Fact]
    public void What_was_retired_is_freed_when_nobody_can_look_at_it_any_more() =>
        Explore(() => new RetirementScenario(), 400_000);

    [Fact]
    public void Nobody_is_inside_once_the_gate_is_closed() =>
        Explore(() => new ClosingScenario(), 100_000);

    private void Explore(Func<ScheduleScenario> makeScenario, int count)
    {
        int seed = TestSeed.Choose(output.WriteLine);
        output.WriteLine(ScheduleExplorer.Explore(makeScenario, count, seed).ToString());
    }
}
