using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Kvs.Server.Transport.Epoll;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kvs.Server.Tests.Transport;

/// <summary>The threads that wait for sockets, with the looks of the watch made by hand.</summary>
public sealed class PollerTests : IDisposable
{
    /// <summary>So many looks are enough to find that one thread is held up, and not for a second one.</summary>
    private const int LooksForOne = 4;

    private const int HangLimitMs = 30_000;

    private readonly Poller _poller = new("poller under test", NullLogger.Instance);
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ManualResetEventSlim _release = new();
    private readonly SemaphoreSlim _held = new(0);
    private readonly List<Task> _serving = [];

    public PollerTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    public void Dispose()
    {
        _release.Set();
        Assert.True(Task.WaitAll([.. _serving], HangLimitMs));
        _poller.Dispose();
        _listener.Dispose();
        _release.Dispose();
        _held.Dispose();
    }

    /// <summary>Each connection that was held up cost the others as many looks as the first: with sixty, an answer took
    /// 2.5 seconds.</summary>
    [Fact]
    public void While_one_connection_holds_up_its_thread_many_cost_the_others_no_more()
    {
        Socket[] holding = [.. Enumerable.Range(0, 20).Select(_ => Connect(holdsUp: true))];
        using Socket other = Connect(holdsUp: false);
        foreach (Socket client in holding)
        {
            client.Send([1]);
        }

        Assert.True(_held.Wait(HangLimitMs));
        for (int look = 0; look < LooksForOne; look++)
        {
            _poller.Watch();
        }

        other.Send([1]);
        Assert.Equal(1, other.Receive(new byte[1]));
        Array.ForEach(holding, client => client.Dispose());
    }

    private Socket Connect(bool holdsUp)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveTimeout = HangLimitMs,
        };
        client.Connect(_listener.LocalEndPoint!);
        var connection = new EpollConnection(_listener.Accept(), _poller, maxInputBytes: 4096);
        connection.Open();

        // Where it waits before anything is sent, it goes on with the poller's thread.
        _serving.Add(connection.Input.ReadAsync().AsTask().ContinueWith(
            read => Answer(connection, read.Result, holdsUp),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default));
        return client;
    }

    private void Answer(EpollConnection connection, ReadResult read, bool holdsUp)
    {
        if (holdsUp)
        {
            _held.Release();
            _release.Wait();
        }

        connection.Input.AdvanceTo(read.Buffer.End);
        Assert.True(connection.Output.WriteAsync(new byte[1]).AsTask().IsCompleted);
        connection.Close();
    }
}
