using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Kvs.Client;
using Kvs.Memory;
using Kvs.Server.Tests.Support;

namespace Kvs.Server.Tests;

/// <summary>What a server shows over HTTP.</summary>
public sealed class HttpEndpointTests : IAsyncLifetime, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvs-http-");
    private readonly Dictionary<string, string> _about = new() { ["data"] = "somewhere" };
    private KvsHttpEndpoint _http = null!;
    private readonly HttpClient _client = new();

    public async Task InitializeAsync()
    {
        _http = await KvsHttpEndpoint.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), _about);
        _client.BaseAddress = new Uri($"http://{_http.EndPoint}/");
    }

    public async Task DisposeAsync()
    {
        await _http.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task It_is_ready_from_when_the_server_serves_until_it_stops_and_alive_all_the_time()
    {
        using var engine = new MemoryEngine();
        await AssertAnswerAsync("readyz", HttpStatusCode.ServiceUnavailable, "opening: The store is being opened.\n");
        await AssertAnswerAsync("healthz", HttpStatusCode.OK, "ok\n");
        _http.Serving(engine);
        await AssertAnswerAsync("readyz", HttpStatusCode.OK, "ready\n");
        _http.Stopping();
        await AssertAnswerAsync("readyz", HttpStatusCode.ServiceUnavailable, "stopping: The server is stopping.\n");
        await AssertAnswerAsync("healthz", HttpStatusCode.OK, "ok\n");
    }

    [Fact]
    public async Task It_is_not_ready_once_writes_are_stopped_and_says_why()
    {
        using var engine = new FaultyEngine { PoisonReason = "the disk is gone" };
        _http.Serving(engine);
        await AssertAnswerAsync(
            "readyz", HttpStatusCode.ServiceUnavailable, "read-only: Writes are stopped: the disk is gone\n");
        await AssertAnswerAsync("healthz", HttpStatusCode.OK, "ok\n");
    }

    [Fact]
    public async Task Metrics_count_what_the_store_and_the_server_do()
    {
        string folder = Path.Combine(_folder.FullName, "store \"1\"");
        await using TestServer server = await TestServer.StartAsync(engine: KvStore.Open(folder));
        using (KvsClient client = server.Connect())
        {
            client.Set("a", "1");
            client.Set("a", "2");
            client.Set("b", "1");
            server.Engine.Flush();
            string text = await _client.GetStringAsync("metrics");
            string store = $"{{store=\"{folder.Replace("\"", "\\\"", StringComparison.Ordinal)}\"}}";
            string of = $"{{server=\"{server.EndPoint}\"}}";
            string[] lines = text.Split('\n');
            Assert.Contains($"kvs_keys{store} 2", lines);
            Assert.Contains($"kvs_writes_total{store} 3", lines);
            Assert.Contains($"kvs_server_connections{of} 1", lines);
            Assert.Contains($"kvs_server_requests_total{of} 3", lines);
            Assert.Contains($"kvs_server_round_duration_seconds_count{of} 3", lines);
            Assert.Contains("# TYPE kvs_server_requests_total counter", lines);
            Assert.Contains("# TYPE kvs_server_round_duration_seconds summary", lines);
            Assert.Contains("# TYPE kvs_keys gauge", lines);
            Assert.Equal(
                lines.Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Distinct(),
                lines.Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)));
        }

        await server.Server.StopAsync();
        Assert.DoesNotContain(
            $"kvs_server_connections{{server=\"{server.EndPoint}\"}}", await _client.GetStringAsync("metrics"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_needs_nothing_from_elsewhere_and_its_figures_are_there()
    {
        string page = await _client.GetStringAsync("");
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https:", page, StringComparison.Ordinal);
        await using TestServer server =
            await TestServer.StartAsync(engine: KvStore.Open(Path.Combine(_folder.FullName, "store")));
        _http.Serving(server.Engine);
        using (KvsClient client = server.Connect())
        {
            client.Set("a", "1");
            server.Engine.Flush();
        }

        using JsonDocument status = JsonDocument.Parse(await _client.GetStringAsync("status.json"));
        Assert.Equal("ready", status.RootElement.GetProperty("state").GetString());
        Assert.Equal("somewhere", status.RootElement.GetProperty("about").GetProperty("data").GetString());
        JsonElement figures = status.RootElement.GetProperty("figures");

        // What the page asks for by name is there, and none of it was misspelt.
        MatchedNames(page).ForEach(name => Assert.True(figures.TryGetProperty(name, out _), name));
        Assert.NotEmpty(MatchedNames(page));
    }

    [Theory]
    [InlineData("POST", "/metrics", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "/", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/etc/passwd", HttpStatusCode.NotFound)]
    [InlineData("HEAD", "/metrics", HttpStatusCode.OK)]
    public async Task There_is_nothing_to_change(string method, string path, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using HttpResponseMessage answer = await _client.SendAsync(request);
        Assert.Equal(expected, answer.StatusCode);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("192.0.2.1")]
    public async Task Other_machines_may_look_only_where_it_is_meant_so(string address)
    {
        var error = await Assert.ThrowsAsync<KvsListenException>(
            () => KvsHttpEndpoint.StartAsync(new IPEndPoint(IPAddress.Parse(address), 0), _about));
        Assert.Contains("--insecure", error.Message, StringComparison.Ordinal);
    }

    private async Task AssertAnswerAsync(string path, HttpStatusCode status, string body)
    {
        using HttpResponseMessage answer = await _client.GetAsync(path);
        Assert.Equal((status, body), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    private static List<string> MatchedNames(string page) =>
    [
        .. Regex.Matches(page, "\"(kvs\\.[a-z._]+)\"")
            .Select(match => match.Groups[1].Value).Distinct(),
    ];
}
