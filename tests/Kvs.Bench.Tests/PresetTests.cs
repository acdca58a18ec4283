using Kvs.Bench.Options;

namespace Kvs.Bench.Tests;

/// <summary>What the names of workloads stand for.</summary>
public sealed class PresetTests
{
    [Theory]
    [InlineData("ycsb-a", "embedded ycsb-a --mix a --distribution zipfian:0.99")]
    [InlineData("embedded ycsb-a", "embedded ycsb-a --mix a --distribution zipfian:0.99")]
    [InlineData("partitions", "embedded partitions --mix partitions --threads 100 --partitions 1,10,100")]
    [InlineData("server partitions --spawn",
        "server partitions --mix partitions --clients 100 --partitions 1,10,100 --spawn")]
    [InlineData("compare ycsb-c", "compare ycsb-c --mix c --distribution zipfian:0.99")]
    public void A_name_stands_for_its_options(string given, string expanded) =>
        Assert.Equal(expanded, string.Join(' ', Presets.Expand(given.Split(' '))));

    [Theory]
    [InlineData("ycsb-a --mix b", "embedded ycsb-a --distribution zipfian:0.99 --mix b")]
    [InlineData("ycsb-a --mix=b", "embedded ycsb-a --distribution zipfian:0.99 --mix=b")]
    public void An_option_that_is_given_overrides_that_of_the_name(string given, string expanded) =>
        Assert.Equal(expanded, string.Join(' ', Presets.Expand(given.Split(' '))));

    [Theory]
    [InlineData("embedded --mix a")]
    [InlineData("make-data --dir load")]
    [InlineData("report ycsb-a")]
    [InlineData("embedded")]
    public void Without_a_name_nothing_is_changed(string given) =>
        Assert.Equal(given, string.Join(' ', Presets.Expand(given.Split(' '))));
}
