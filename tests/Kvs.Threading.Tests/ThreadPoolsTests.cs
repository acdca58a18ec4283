namespace Kvs.Threading.Tests;

public sealed class ThreadPoolsTests
{
    [Fact]
    public void Every_name_makes_the_pool_that_is_called_so()
    {
        Assert.Equal(["naive", "shared-queue", "work-stealing", "inline"], ThreadPools.Names);
        foreach (string name in ThreadPools.Names)
        {
            using IThreadPool pool = ThreadPools.Create(name, 2);
            Assert.Equal(name, pool.Name);
        }
    }

    [Fact]
    public void An_unknown_name_is_answered_with_those_that_there_are()
    {
        var failure = Assert.Throws<ArgumentException>(() => ThreadPools.Create("rayon", 2));
        Assert.All(ThreadPools.Names, name => Assert.Contains(name, failure.Message, StringComparison.Ordinal));
        Assert.Contains("'rayon'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_threads_are_refused_by_every_name() => Assert.All(ThreadPools.Names, name =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ThreadPools.Create(name, 0)));
}
