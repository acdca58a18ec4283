using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Kvs.Server.Transport.Kestrel;

/// <summary>Kestrel wants to be given an application for HTTP; no connection of this server ever gets there.</summary>
internal sealed class NoHttp : IHttpApplication<object>
{
    public object CreateContext(IFeatureCollection contextFeatures) => throw Never();

    public Task ProcessRequestAsync(object context) => throw Never();

    public void DisposeContext(object context, Exception? exception) => throw Never();

    private static InvalidOperationException Never() => new("This server does not speak HTTP.");
}
