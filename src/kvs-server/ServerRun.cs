using System.Net;
using System.Runtime.InteropServices;
using Kvs.CommandLine;
using Kvs.Server;
using Kvs.ServerProgram.Logging;
using Kvs.ServerProgram.Settings;
using Kvs.Threading;
using Microsoft.Extensions.Logging;

namespace Kvs.ServerProgram;

/// <summary>One run of the server, from its start to the signal that ends it.</summary>
internal sealed class ServerRun
{
    private const string MemoryEngineName = "memory";
    private const string NothingKept = "in memory only, nothing is kept";

    private readonly ServerSettings _settings;
    private readonly ServerLog _log;
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerRun(ServerSettings settings)
    {
        _settings = settings;
        _log = new ServerLog(settings.LogFormat, settings.LogLevel);
    }

    /// <summary>Serves until SIGTERM or SIGINT comes; returns the exit code.</summary>
    internal static int Run(ServerSettings settings)
    {
        var run = new ServerRun(settings);
        try
        {
            run.RunAsync().GetAwaiter().GetResult();
            return 0;
        }
        catch (Exception error) when (settings.LogFormat == LogFormat.Json)
        {
            // Who reads the log as JSON reads why it ended as well.
            run._log.Write(LogLevel.Error, null, CommandLineProgram.Describe(error));
            return 1;
        }
    }

    private async Task RunAsync()
    {
        using PosixSignalRegistration terminate = OnSignal(PosixSignal.SIGTERM);
        using PosixSignalRegistration interrupt = OnSignal(PosixSignal.SIGINT);

        // What can fail without having touched the disk comes first: nothing there changes if it does.
        KvsServerOptions options = ServerFiles.Read(_settings) with
        {
            ShutdownRequested = () => _stop.TrySetResult(),
        };
        using KvsServerCertificate? certificate = options.Certificate;
        using IThreadPool pool = ThreadPools.Create(_settings.Pool, _settings.Threads, ReportFailedJob);
        using var loggers = new ServerLoggers(_log);
        await using KvsHttpEndpoint? http = await StartHttpAsync(options, pool, loggers).ConfigureAwait(false);
        KvsServer.CheckEndPoints(options);
        _log.Write($"kvs-server {CommandLineProgram.Version}", ("version", CommandLineProgram.Version));
        if (http is not null)
        {
            _log.Write($"figures on http://{http.EndPoint}/", ("http", http.EndPoint));
        }

        using StoreEventLog? events = _log.Format == LogFormat.Json ? new StoreEventLog(_log) : null;
        using IKvsEngine engine = OpenEngine(events is null ? line => _log.Write(line) : null);
        await ServeAsync(options, engine, pool, http, loggers).ConfigureAwait(false);

        // Before the engine: no job is left that could use it.
        pool.Dispose();
    }

    private IKvsEngine OpenEngine(Action<string>? log)
    {
        if (_settings.Engine != MemoryEngineName)
        {
            // Opening reads what is there, which takes its time where that is much.
            string folder = Path.GetFullPath(_settings.Folder);
            _log.Write($"opening {folder}", ("data", folder));
        }

        return KvsEngines.Open(_settings.Engine, _settings.Folder, _settings.Store with { Log = log });
    }

    private async Task ServeAsync(KvsServerOptions options, IKvsEngine engine, IThreadPool pool, KvsHttpEndpoint? http,
        ServerLoggers loggers)
    {
        await using KvsServer server = await KvsServer.StartAsync(options, engine, pool, loggers)
            .ConfigureAwait(false);
        string folder = DescribeFolder(engine);
        _log.Write($"engine: {engine.Name}", ("engine", engine.Name));
        _log.Write($"data: {folder}", ("data", folder));
        _log.Write($"pool: {pool.Name}{(pool.Threads > 0 ? $", {pool.Threads} threads" : string.Empty)}",
            ("pool", pool.Name), ("threads", pool.Threads));
        string transport = KvsTransports.NameOf(options.Transport);
        int pollers = options.Transport == KvsTransport.Epoll ? options.Pollers : 0;
        _log.Write($"transport: {transport}{(pollers > 0 ? $", pollers: {pollers}" : string.Empty)}",
            ("transport", transport), ("pollers", pollers));
        if (_settings.TlsCertificateFile is { } certificate)
        {
            _log.Write($"tls: {certificate}", ("tls", certificate));
        }

        foreach (EndPoint endPoint in server.EndPoints)
        {
            string address = Address.Format(endPoint);
            _log.Write($"listening on {address}", ("address", address));
        }

        http?.Serving(engine);
        SystemdNotifier.Tell(SystemdNotifier.Ready);
        await _stop.Task.ConfigureAwait(false);
        _log.Write("stopping");
        SystemdNotifier.Tell(SystemdNotifier.Stopping);
        http?.Stopping();
        await server.StopAsync().ConfigureAwait(false);
    }

    private async Task<KvsHttpEndpoint?> StartHttpAsync(
        KvsServerOptions options, IThreadPool pool, ServerLoggers loggers)
    {
        if (_settings.Http is null)
        {
            return null;
        }

        var about = new Dictionary<string, string>
        {
            ["version"] = CommandLineProgram.Version,
            ["data"] = _settings.Engine == MemoryEngineName ? NothingKept : Path.GetFullPath(_settings.Folder),
            ["durability"] = _settings.Store.Durability.ToString().ToLowerInvariant(),
            ["pool"] = pool.Name,
            ["address"] = string.Join(", ", options.EndPoints.Select(Address.Format)),
        };
        return await KvsHttpEndpoint.StartAsync(_settings.Http, about, options.Insecure, loggers)
            .ConfigureAwait(false);
    }

    private string DescribeFolder(IKvsEngine engine) => engine.Name == MemoryEngineName
        ? NothingKept
        : Path.GetFullPath(_settings.Folder);

    // A second signal changes nothing: stopping is under way, and bounded in time.
    private PosixSignalRegistration OnSignal(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        _stop.TrySetResult();
    });

    private void ReportFailedJob(Exception exception) =>
        _log.Write(LogLevel.Error, null, "a job failed", exception);
}
