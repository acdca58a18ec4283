using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Kvs.Bench.Measures;
using Kvs.Bench.Network;
using Kvs.CommandLine;

namespace Kvs.Bench.Servers;

/// <summary>A server that this program has started, and ends: by its process id, with SIGTERM.</summary>
internal sealed class ServerProcess : IDisposable
{
    /// <summary>A server that is not ready within this time has hung.</summary>
    private static readonly TimeSpan s_readyLimit = TimeSpan.FromSeconds(60);

    /// <summary>One that does not end within this time is killed.</summary>
    private static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(30);

    private const int PollMs = 10;

    /// <summary>A server that takes a smaller part of a processor is idle.</summary>
    private const double IdleShare = 0.02;

    private static readonly TimeSpan s_idleSpan = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_idleLimit = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly string _folder;
    private readonly string _name;
    private readonly StringBuilder _log = new();
    private readonly TaskCompletionSource<IPEndPoint> _address = new();

    private ServerProcess(ServerKind kind, ServerStart start)
    {
        _folder = start.Folder;
        _name = kind.Program;
        IReadOnlyList<string> arguments = kind.Arguments(start);

        // In a session of its own, so that Ctrl-C on the terminal ends this program alone, which then ends the server.
        string? setsid = ServerPrograms.FindInstalled("setsid");
        _process = Process.Start(new ProcessStartInfo(setsid ?? start.Path,
            setsid is null ? arguments : [start.Path, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.ErrorDataReceived += (_, line) => TakeLine(kind, line.Data);
        _process.OutputDataReceived += (_, line) => TakeLine(kind, line.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        try
        {
            Address = kind.ReadyLine is null ? AwaitPort(start.Port) : AwaitLine();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where it listens.</summary>
    internal IPEndPoint Address { get; }

    /// <summary>Processor time that it has taken, in nanoseconds, to a hundredth of a second.</summary>
    internal long CpuNs => ResourceUsage.CpuNsOf(_process.Id);

    /// <summary>Its memory that is in RAM, in bytes.</summary>
    internal long ResidentBytes => ResourceUsage.ResidentBytesOf(_process.Id);

    /// <summary>The part of it that is not pages of files.</summary>
    internal long ResidentAnonymousBytes => ResourceUsage.ResidentAnonymousBytesOf(_process.Id);

    /// <summary>What its files take, in bytes.</summary>
    internal long DiskBytes => ResourceUsage.DiskBytes(_folder);

    /// <summary>Starts a server; returns when it is ready.</summary>
    /// <exception cref="ProgramException">It is not; the message has its log.</exception>
    internal static ServerProcess Start(ServerKind kind, ServerStart start)
    {
        Directory.CreateDirectory(start.Folder);
        return new ServerProcess(kind, start with { Port = FindFreePort() });
    }

    /// <summary>Waits until it does next to nothing, for some seconds at most.</summary>
    internal void Settle()
    {
        long begin = Stopwatch.GetTimestamp();
        long before = CpuNs;
        bool isIdle = false;
        while (!isIdle && Stopwatch.GetElapsedTime(begin) < s_idleLimit)
        {
            Thread.Sleep(s_idleSpan);
            long now = CpuNs;
            isIdle = now - before < s_idleSpan.TotalNanoseconds * IdleShare;
            before = now;
        }
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _ = NetworkCalls.Signal(_process.Id, NetworkCalls.Terminate);
            if (!_process.WaitForExit(s_endLimit))
            {
                _process.Kill();
                _process.WaitForExit();
            }
        }

        _process.Dispose();
    }

    private static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void TakeLine(ServerKind kind, string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_log)
        {
            _log.AppendLine(line);
        }

        int start = kind.ReadyLine is { } ready ? line.IndexOf(ready, StringComparison.Ordinal) : -1;
        if (start >= 0 && IPEndPoint.TryParse(line[(start + kind.ReadyLine!.Length)..].Trim(), out IPEndPoint? address))
        {
            _address.TrySetResult(address);
        }
    }

    private IPEndPoint AwaitLine()
    {
        long begin = Stopwatch.GetTimestamp();
        while (!_address.Task.Wait(PollMs))
        {
            ThrowIfNotStarting(begin);
        }

        return _address.Task.Result;
    }

    private IPEndPoint AwaitPort(int port)
    {
        var address = new IPEndPoint(IPAddress.Loopback, port);
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var probe = new TcpClient();
                probe.Connect(address);
                return address;
            }
            catch (SocketException)
            {
                ThrowIfNotStarting(begin);
                Thread.Sleep(PollMs);
            }
        }
    }

    private void ThrowIfNotStarting(long begin)
    {
        bool hasExited = _process.HasExited;
        if (!hasExited && Stopwatch.GetElapsedTime(begin) < s_readyLimit)
        {
            return;
        }

        string what = hasExited ? $"ended with exit code {_process.ExitCode}" : "is not ready";
        lock (_log)
        {
            throw new ProgramException($"{_name} {what}: {_log.ToString().Trim()}");
        }
    }
}
