using System.Reflection;
using System.Text;
using Kvs.Server.Monitoring;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Kvs.Server.Http;

/// <summary>Answers requests over HTTP. There is nothing that a request could change.</summary>
/// <remarks>Any thread may call any member.</remarks>
internal sealed class StatusApplication(
    ServerState state, MeterReader meter, IReadOnlyDictionary<string, string> about)
    : IHttpApplication<IFeatureCollection>
{
    private const string Text = "text/plain; charset=utf-8";

    /// <summary>The page fetches from its own server, and nothing else from anywhere.</summary>
    private const string PagePolicy =
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; " +
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly Lazy<byte[]> s_page = new(ReadPage);

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    public Task ProcessRequestAsync(IFeatureCollection context)
    {
        IHttpRequestFeature request = context.GetRequiredFeature<IHttpRequestFeature>();
        Answer answer = request.Method is "GET" or "HEAD"
            ? Find(request.Path)
            : Answer.Of(405, Text, "This server only shows figures: GET and HEAD.\n");
        IHttpResponseFeature response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = answer.Status;
        response.Headers.ContentType = answer.ContentType;
        response.Headers.ContentLength = answer.Body.Length;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (answer.Status == 405)
        {
            response.Headers.Allow = "GET, HEAD";
        }

        if (answer.ContentType == Answer.Html)
        {
            response.Headers.ContentSecurityPolicy = PagePolicy;
        }

        return request.Method == "HEAD"
            ? Task.CompletedTask
            : context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.WriteAsync(answer.Body).AsTask();
    }

    private Answer Find(string path) => path switch
    {
        "/" => new Answer(200, Answer.Html, s_page.Value),
        "/status.json" => new Answer(200, "application/json", StatusJson.Write(state, about, meter.Read())),
        "/metrics" => Answer.Of(200, PrometheusText.ContentType, PrometheusText.Write(meter.Read())),
        "/healthz" => Answer.Of(200, Text, "ok\n"),
        "/readyz" => Readiness(),
        _ => Answer.Of(404, Text, "There is /, /status.json, /metrics, /healthz and /readyz.\n"),
    };

    private Answer Readiness()
    {
        (string name, string? reason) = state.Read();
        return reason is null ? Answer.Of(200, Text, $"{name}\n") : Answer.Of(503, Text, $"{name}: {reason}\n");
    }

    private static byte[] ReadPage()
    {
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream("status.html")!;
        using var page = new MemoryStream();
        resource.CopyTo(page);
        return page.ToArray();
    }

    private sealed record Answer(int Status, string ContentType, ReadOnlyMemory<byte> Body)
    {
        internal const string Html = "text/html; charset=utf-8";

        internal static Answer Of(int status, string contentType, string body) =>
            new(status, contentType, Encoding.UTF8.GetBytes(body));
    }
}
