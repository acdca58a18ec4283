using System.Text;
using Kvs.Server.Sessions.Resp;
using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests.Resp;

/// <summary>What patterns of keys may cost. What they match is compared with Redis (<see cref="DifferentialTests"/>).
/// </summary>
public class GlobTests
{
    /// <summary>Turns a hang into a failure: what is tested takes less than a second, or longer than anybody lives.
    /// </summary>
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("a*", 1000)]
    [InlineData("*a", 1000)]
    [InlineData("*?", 1000)]
    [InlineData("a*a*?", 400)]
    [InlineData("[a-b]*", 200)]
    [InlineData("*", 1000)]
    public async Task A_pattern_of_many_stars_does_not_take_for_ever(string piece, int times)
    {
        byte[] pattern = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(piece, times)) + "b");
        byte[] key = Encoding.UTF8.GetBytes(new string('a', 20_000));
        Assert.False(await Task.Run(() => Glob.Matches(pattern, key)).WaitAsync(HangLimit));
        Assert.True(await Task.Run(() => Glob.Matches(pattern, [.. key, (byte)'b'])).WaitAsync(HangLimit));
    }

    [Fact]
    public async Task A_pattern_is_bounded_behind_what_it_begins_with()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new RespConnection(server.EndPoint);
        string longKey = new('k', 5000);
        string longest = longKey + "*" + new string('x', Glob.MaxSpecialBytes - 1);
        server.Engine.Set(longKey, "value");
        Assert.Equal($"*1\r\n$5000\r\n{longKey}\r\n", client.Ask($"KEYS {longKey}"));
        Assert.Equal("*0\r\n", client.Ask($"KEYS {longest}"));
        foreach (string command in new[] { $"KEYS {longest}x", $"SCAN 0 MATCH {longest}x" })
        {
            Assert.Contains("the limit is 1024 bytes", client.Ask(command), StringComparison.Ordinal);
        }
    }
}
