using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;

namespace Kvs.Programs.Tests;

/// <summary>A kvs-server that is ready for connections. Killed when it is disposed.</summary>
internal sealed partial class RunningServer : IDisposable
{
    private const string AddressPrefix = "listening on ";

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly TaskCompletionSource<string?> _address = new();

    /// <param name="args">Options beside <c>--addr</c>.</param>
    public RunningServer(params string[] args) : this("127.0.0.1:0", args)
    {
    }

    /// <param name="address">The value of <c>--addr</c>.</param>
    /// <param name="args">The other options.</param>
    /// <param name="folder">The current folder of the server.</param>
    /// <param name="environment">Variables beside those of the tests.</param>
    public RunningServer(string address, string[] args, string? folder = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        _process = Programs.Start(Programs.ServerPath, ["--addr", address, .. args], folder, environment);
        _process.ErrorDataReceived += (_, line) => TakeLogLine(line.Data);
        _process.BeginErrorReadLine();
        Assert.True(_address.Task.Wait(Programs.HangLimit), "the server neither listens nor ends");
        Address = _address.Task.Result ?? throw new InvalidOperationException($"The server ended: {Log}");
    }

    /// <summary>Where the server says that it listens.</summary>
    public string Address { get; }

    public IPEndPoint EndPoint => IPEndPoint.Parse(Address);

    public int ProcessId => _process.Id;

    /// <summary>What the server has logged so far.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>Ends the server as a crash does.</summary>
    public void Kill()
    {
        _process.Kill();
        WaitForExit();
    }

    /// <summary>Sends a signal and waits; returns the exit code.</summary>
    public int End(PosixSignal signal)
    {
        Assert.Equal(0, SendSignal(_process.Id, signal == PosixSignal.SIGINT ? 2 : 15));
        WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private void WaitForExit()
    {
        Assert.True(_process.WaitForExit(Programs.HangLimit), "the server does not end");

        // Once more without a limit, which waits for the rest of the log as well.
        _process.WaitForExit();
    }

    private void TakeLogLine(string? line)
    {
        if (line is null)
        {
            _address.TrySetResult(null);
            return;
        }

        _log.Enqueue(line);
        if (line.StartsWith(AddressPrefix, StringComparison.Ordinal))
        {
            _address.TrySetResult(line[AddressPrefix.Length..]);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
