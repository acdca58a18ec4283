using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kvs.CommandLine;
using Kvs.Server;
using Kvs.Threading;

namespace Kvs.ServerProgram;

/// <summary>One run of the server, from its start to the signal that ends it.</summary>
internal static class ServerRun
{
    private const string MemoryEngineName = "memory";

    /// <summary>Serves until SIGTERM or SIGINT comes; returns the exit code.</summary>
    public static int Run(ServerSettings settings)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration terminate = OnSignal(PosixSignal.SIGTERM, stop);
        using PosixSignalRegistration interrupt = OnSignal(PosixSignal.SIGINT, stop);

        // What can fail without having touched the disk comes first: nothing there changes if it does.
        using IThreadPool pool = ThreadPools.Create(settings.Pool, settings.Threads, ReportFailedJob);
        CheckAddress(settings.Address);
        ServerLog.Write($"kvs-server {CommandLineProgram.Version}");
        if (settings.Engine != MemoryEngineName)
        {
            // Opening reads what is there, which takes its time where that is much.
            ServerLog.Write($"opening {Path.GetFullPath(settings.Folder)}");
        }

        using IKvsEngine engine = KvsEngines.Open(settings.Engine, settings.Folder, settings.Store);
        ServeAsync(settings, engine, pool, stop).GetAwaiter().GetResult();

        // Before the engine: no job is left that could use it.
        pool.Dispose();
        return 0;
    }

    private static async Task ServeAsync(
        ServerSettings settings, IKvsEngine engine, IThreadPool pool, TaskCompletionSource stop)
    {
        var options = new KvsServerOptions
        {
            EndPoints = [settings.Address],
            ShutdownRequested = () => stop.TrySetResult(),
        };
        await using KvsServer server = await KvsServer.StartAsync(options, engine, pool, new ServerLoggers())
            .ConfigureAwait(false);
        ServerLog.Write($"engine: {engine.Name}");
        ServerLog.Write($"data: {DescribeFolder(settings, engine)}");
        ServerLog.Write($"pool: {pool.Name}{(pool.Threads > 0 ? $", {pool.Threads} threads" : string.Empty)}");
        ServerLog.Write($"listening on {server.EndPoint}");
        await stop.Task.ConfigureAwait(false);
        ServerLog.Write("stopping");
        await server.StopAsync().ConfigureAwait(false);
    }

    private static string DescribeFolder(ServerSettings settings, IKvsEngine engine) => engine.Name == MemoryEngineName
        ? "in memory only, nothing is kept"
        : Path.GetFullPath(settings.Folder);

    /// <summary>Throws where the address cannot be bound.</summary>
    /// <remarks>The server binds when its engine is open, and opening makes the folder. An address that is in use must
    /// not have that effect, so it is tried before.</remarks>
    private static void CheckAddress(IPEndPoint address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(address);
        }
        catch (SocketException exception)
        {
            throw new KvsListenException(address, exception.Message, exception);
        }
    }

    // A second signal changes nothing: stopping is under way, and bounded in time.
    private static PosixSignalRegistration OnSignal(PosixSignal signal, TaskCompletionSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop.TrySetResult();
        });

    private static void ReportFailedJob(Exception exception) => ServerLog.Write($"error: a job failed: {exception}");
}
