using System.Globalization;
using System.Text;
using Kvs.Memory;
using Kvs.Server.Sessions.Resp;
using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests.Resp;

/// <summary>Cursors that are shorter than the engine's lead to each key once all the same.</summary>
public sealed class ScanCursorTests : IDisposable
{
    private const int Keys = 3_000;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvs-scan-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Down to a cursor of two bits, which many keys share.</summary>
    [Theory]
    [InlineData("kvs", 11, 10)]
    [InlineData("kvs", 52, 1)]
    [InlineData("kvs", 55, 10)]
    [InlineData("kvs", 62, 10)]
    [InlineData("memory", 11, 10)]
    [InlineData("memory", 52, 1)]
    [InlineData("memory", 55, 10)]
    [InlineData("memory", 62, 10)]
    public void Each_key_is_found_once_however_few_bits_are_shown(string name, int droppedBits, int count)
    {
        using IKvsEngine engine = name == "memory" ? new MemoryEngine() : KvStore.Open(_folder.FullName);
        for (int i = 0; i < Keys; i++)
        {
            engine.Set(Encoding.UTF8.GetBytes($"key{i}"), "value"u8);
        }

        var found = new HashSet<string>();
        ulong cursor = 0;
        do
        {
            ScanPage page = ScanCursor.ReadPage(
                (from, most, prefix) => engine.Scan(from, most, long.MaxValue, prefix, keysOnly: true),
                cursor, count, "key1"u8, droppedBits);
            Assert.All(page.Entries, entry => Assert.True(found.Add(Encoding.UTF8.GetString(entry.Key.Span))));
            Assert.True(page.NextCursor == 0 || page.NextCursor > cursor);
            Assert.InRange(page.NextCursor, 0UL, ulong.MaxValue >> droppedBits);
            cursor = page.NextCursor;
        }
        while (cursor != 0);
        Assert.Equal(Enumerable.Range(0, Keys).Count(i => $"{i}".StartsWith('1')), found.Count);
    }

    [Fact]
    public async Task A_client_that_keeps_cursors_as_floating_point_numbers_finds_each_key_once()
    {
        await using TestServer server = await TestServer.StartAsync();
        for (int i = 0; i < Keys; i++)
        {
            server.Engine.Set(Encoding.UTF8.GetBytes($"key{i}"), "value"u8);
        }

        using var client = new RespConnection(server.EndPoint);
        var found = new HashSet<string>();
        double cursor = 0;
        do
        {
            string[] lines = client.Ask(string.Create(CultureInfo.InvariantCulture, $"SCAN {cursor:F0} COUNT 20"))
                .Split("\r\n");
            cursor = double.Parse(lines[2], CultureInfo.InvariantCulture);
            Assert.All(lines.Where(line => line.StartsWith("key", StringComparison.Ordinal)),
                key => Assert.True(found.Add(key)));
        }
        while (cursor != 0);
        Assert.Equal(Keys, found.Count);
    }
}
