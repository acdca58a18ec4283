using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Kvs.Server.Tests.Resp;

/// <summary>A redis-server of its own, without persistence, on a Unix socket. Killed when it is disposed.</summary>
internal sealed class RedisServer : IDisposable
{
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("kvs-redis-").FullName;
    private readonly Process _process;

    internal RedisServer(params string[] options)
    {
        string socket = Path.Combine(_folder, "socket");
        EndPoint = new UnixDomainSocketEndPoint(socket);
        string[] arguments =
        [
            "--port", "0", "--unixsocket", socket, "--dir", _folder, "--save", "", "--databases", "1", .. options,
        ];
        _process = Process.Start(new ProcessStartInfo("redis-server", arguments) { RedirectStandardOutput = true })!;
        var log = new StringBuilder();
        _process.OutputDataReceived += (_, line) => log.AppendLine(line.Data);
        _process.BeginOutputReadLine();
        var waiting = Stopwatch.StartNew();
        while (!IsReady())
        {
            Assert.True(waiting.Elapsed < HangLimit && !_process.HasExited, $"redis-server does not start: {log}");
            Thread.Sleep(20);
        }
    }

    /// <summary>Why it cannot be had here; null where it can.</summary>
    internal static string? Missing { get; } = FindMissing();

    internal UnixDomainSocketEndPoint EndPoint { get; }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private bool IsReady()
    {
        try
        {
            using var connection = new RespConnection(EndPoint);
            return connection.Ask("PING").StartsWith("+PONG", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string? FindMissing()
    {
        try
        {
            using Process version = Process.Start(
                new ProcessStartInfo("redis-server", "--version") { RedirectStandardOutput = true })!;
            string text = version.StandardOutput.ReadToEnd();
            version.WaitForExit();
            return text.Contains("v=7.0.", StringComparison.Ordinal)
                ? null
                : $"redis-server 7.0 is what replies are compared with, and this is another: {text}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "redis-server is not installed (Debian: apt-get install redis-server)";
        }
    }
}
