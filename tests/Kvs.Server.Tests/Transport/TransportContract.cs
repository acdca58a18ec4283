using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Kvs.Server.Tests.Support;
using Kvs.Server.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kvs.Server.Tests.Transport;

/// <summary>What holds of every transport, seen from above the seam and from the other end of the socket.</summary>
public abstract class TransportContract(KvsTransport kind)
{
    private const int Large = 20 * 1024 * 1024;

    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(30);

    private KvsServerOptions Options { get; } = new()
    {
        EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
        Transport = kind,
        Pollers = 1,
    };

    [Fact]
    public async Task What_is_sent_comes_back()
    {
        await using Running running = await StartAsync(EchoAsync);
        using Socket client = running.Connect();
        byte[] sent = new byte[Large];
        new Random(1).NextBytes(sent);
        byte[] received = new byte[Large];

        // Both at once: neither side has room for all of it.
        Task sending = Task.Run(() => SendAll(client, sent));
        ReceiveAll(client, received);
        await sending.WaitAsync(s_long);
        Assert.True(sent.AsSpan().SequenceEqual(received));
    }

    [Fact]
    public async Task A_client_that_half_closes_gets_everything_and_then_the_end()
    {
        await using Running running = await StartAsync(async connection =>
        {
            long bytes = 0;
            ReadResult read;
            do
            {
                read = await connection.Input.ReadAsync();
                bytes += read.Buffer.Length;
                connection.Input.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
            await connection.Output.WriteAsync(new byte[bytes]);
            await connection.FinishSendingAsync();
        });
        using Socket client = running.Connect();
        SendAll(client, new byte[Large]);
        client.Shutdown(SocketShutdown.Send);
        ReceiveAll(client, new byte[Large]);
        Assert.Equal(0, client.Receive(new byte[1]));
    }

    [Fact]
    public async Task A_flush_is_complete_when_the_network_has_taken_everything()
    {
        TaskCompletionSource<bool> waits = Promise<bool>();
        TaskCompletionSource flushed = Promise();
        await using Running running = await StartAsync(async connection =>
        {
            connection.Output.Write(new byte[Large]);
            Assert.Equal(Large, connection.Output.UnflushedBytes);
            ValueTask<FlushResult> flushing = connection.Output.FlushAsync();
            waits.SetResult(!flushing.IsCompleted);
            await flushing;
            Assert.Equal(0, connection.Output.UnflushedBytes);
            flushed.SetResult();
        });
        using Socket client = running.Connect();
        Assert.True(await waits.Task.WaitAsync(s_long));
        Assert.False(flushed.Task.IsCompleted);
        ReceiveAll(client, new byte[Large]);
        await flushed.Task.WaitAsync(s_long);
    }

    [Fact]
    public async Task What_was_not_consumed_is_given_again_with_what_follows()
    {
        await using Running running = await StartAsync(async connection =>
        {
            while (true)
            {
                ReadResult read = await connection.Input.ReadAsync();
                if (read.Buffer.Length < 3 && !read.IsCompleted)
                {
                    connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    continue;
                }

                if (read.Buffer.Length < 3)
                {
                    return;
                }

                // One after the other, the rest looked at again at once.
                await connection.Output.WriteAsync(read.Buffer.Slice(0, 3).ToArray());
                connection.Input.AdvanceTo(read.Buffer.GetPosition(3));
            }
        });
        using Socket client = running.Connect();
        client.NoDelay = true;
        byte[] received = new byte[9];
        foreach (string part in new[] { "a", "bc", "def", "ghi" })
        {
            client.Send(Encoding.ASCII.GetBytes(part));
            await Task.Delay(5);
        }

        ReceiveAll(client, received);
        Assert.Equal("abcdefghi", Encoding.ASCII.GetString(received));
    }

    [Fact]
    public async Task A_read_that_waits_can_be_cancelled_and_tried_again()
    {
        TaskCompletionSource<ITransportConnection> connected = Promise<ITransportConnection>();
        TaskCompletionSource cancelled = Promise();
        await using Running running = await StartAsync(async connection =>
        {
            ValueTask<ReadResult> reading = connection.Input.ReadAsync();
            connected.SetResult(connection);
            ReadResult read = await reading;
            Assert.True(read.IsCanceled);
            connection.Input.AdvanceTo(read.Buffer.Start);
            using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                async () => await connection.Input.ReadAsync(limit.Token));
            cancelled.SetResult();
            await EchoAsync(connection);
        });
        using Socket client = running.Connect();
        ITransportConnection connection = await connected.Task.WaitAsync(s_long);
        connection.Input.CancelPendingRead();
        await cancelled.Task.WaitAsync(s_long);
        client.Send([7]);
        byte[] received = new byte[1];
        ReceiveAll(client, received);
        Assert.Equal(7, received[0]);
    }

    [Fact]
    public async Task A_flush_that_waits_can_be_cancelled()
    {
        TaskCompletionSource<ITransportConnection> connected = Promise<ITransportConnection>();
        TaskCompletionSource<FlushResult> cancelled = Promise<FlushResult>();
        await using Running running = await StartAsync(async connection =>
        {
            connection.Output.Write(new byte[Large]);
            ValueTask<FlushResult> flushing = connection.Output.FlushAsync();
            connected.SetResult(connection);
            cancelled.SetResult(await flushing);
        });
        using Socket client = running.Connect();
        ITransportConnection connection = await connected.Task.WaitAsync(s_long);
        Assert.False(cancelled.Task.IsCompleted);
        connection.Output.CancelPendingFlush();
        Assert.True((await cancelled.Task.WaitAsync(s_long)).IsCanceled);
    }

    [Fact]
    public async Task A_connection_that_is_cut_off_ends_however_much_its_client_has_not_taken()
    {
        TaskCompletionSource<ITransportConnection> waiting = Promise<ITransportConnection>();
        TaskCompletionSource ended = Promise();
        await using Running running = await StartAsync(async connection =>
        {
            connection.Output.Write(new byte[Large]);
            Task flushing = connection.Output.FlushAsync().AsTask();
            waiting.SetResult(connection);

            // As completed or as failed.
            await Task.WhenAny(flushing);
            ended.SetResult();
        });
        using Socket client = running.Connect();
        ITransportConnection connection = await waiting.Task.WaitAsync(s_long);
        Assert.False(ended.Task.IsCompleted);
        connection.Abort();
        await ended.Task.WaitAsync(s_long);
        long received = 0;
        byte[] bytes = new byte[64 * 1024];
        while (client.Receive(bytes, SocketFlags.None, out SocketError error) is var count and > 0
            && error == SocketError.Success)
        {
            received += count;
        }

        Assert.InRange(received, 0, Large - 1);
    }

    [Fact]
    public async Task A_connection_that_is_reset_fails_its_read_and_completes_its_flush()
    {
        TaskCompletionSource<bool> ended = Promise<bool>();
        await using Running running = await StartAsync(async connection =>
        {
            bool hasFailed = false;
            try
            {
                ReadResult read;
                do
                {
                    read = await connection.Input.ReadAsync();
                    connection.Input.AdvanceTo(read.Buffer.End);
                }
                while (!read.IsCompleted);
            }
            catch (IOException)
            {
                hasFailed = true;
            }

            connection.Output.Write(new byte[Large]);
            FlushResult flushed = await connection.Output.FlushAsync();
            ended.SetResult(hasFailed && flushed.IsCompleted);
        });
        Socket client = running.Connect();
        client.LingerState = new LingerOption(true, 0);
        client.Send([1]);
        client.Dispose();
        Assert.True(await ended.Task.WaitAsync(s_long));
    }

    [Fact]
    public async Task Stopping_refuses_new_connections_and_tears_down_what_is_left_when_told_to()
    {
        TaskCompletionSource begun = Promise();
        TaskCompletionSource ended = Promise();
        ITransport transport = KvsTransports.Create(Options, NullLoggerFactory.Instance);
        IReadOnlyList<EndPoint> endPoints = await transport.StartAsync(async connection =>
        {
            begun.SetResult();
            connection.Output.Write(new byte[Large]);
            await connection.Output.FlushAsync();
            await Assert.ThrowsAnyAsync<Exception>(async () => await connection.Input.ReadAsync());
            ended.SetResult();
        }, CancellationToken.None);
        using Socket client = Connect(endPoints[0]);
        await begun.Task.WaitAsync(s_long);
        using var abort = new CancellationTokenSource();
        Task stopping = transport.StopAsync(abort.Token);
        await Eventually.TrueAsync(() => IsRefused(endPoints[0]));
        Assert.False(stopping.IsCompleted);
        await abort.CancelAsync();
        await stopping.WaitAsync(s_long);
        await ended.Task.WaitAsync(s_long);
        await transport.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_that_holds_up_its_thread_keeps_no_other_waiting()
    {
        using var release = new ManualResetEventSlim();
        await using Running running = await StartAsync(async connection =>
        {
            ReadResult read = await connection.Input.ReadAsync();
            if (read.Buffer.FirstSpan[0] == (byte)'w')
            {
                release.Wait();
            }

            connection.Input.AdvanceTo(read.Buffer.Start);
            await EchoAsync(connection);
        });
        var held = new List<Socket>();
        byte[] received = new byte[1];
        for (int i = 0; i < 5; i++)
        {
            held.Add(running.Connect());
            held[i].Send("w"u8);
            using Socket other = running.Connect();
            other.Send("x"u8);
            ReceiveAll(other, received);
        }

        release.Set();
        foreach (Socket client in held)
        {
            ReceiveAll(client, received);
            Assert.Equal((byte)'w', received[0]);
            client.Dispose();
        }
    }

    [Fact]
    public async Task Many_connections_that_come_and_go_are_each_served()
    {
        await using Running running = await StartAsync(EchoAsync);
        await Parallel.ForAsync(0, 1_000, async (i, cancellation) =>
        {
            using Socket client = running.Connect();
            byte[] sent = BitConverter.GetBytes(i);
            byte[] received = new byte[sent.Length];
            await client.SendAsync(sent, cancellation);
            ReceiveAll(client, received);
            Assert.Equal(sent, received);
        });
    }

    private async Task<Running> StartAsync(Func<ITransportConnection, Task> serve)
    {
        ITransport transport = KvsTransports.Create(Options, NullLoggerFactory.Instance);
        return new Running(transport, (await transport.StartAsync(serve, CancellationToken.None))[0]);
    }

    private static async Task EchoAsync(ITransportConnection connection)
    {
        while (true)
        {
            ReadResult read = await connection.Input.ReadAsync();
            foreach (ReadOnlyMemory<byte> part in read.Buffer)
            {
                connection.Output.Write(part.Span);
            }

            await connection.Output.FlushAsync();
            connection.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    // What is told to the test must not run it: the thread that tells is the transport's.
    private static TaskCompletionSource Promise() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource<T> Promise<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Socket Connect(EndPoint endPoint)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveTimeout = (int)s_long.TotalMilliseconds,
            SendTimeout = (int)s_long.TotalMilliseconds,
        };
        client.Connect(endPoint);
        return client;
    }

    private static bool IsRefused(EndPoint endPoint)
    {
        try
        {
            Connect(endPoint).Dispose();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static void SendAll(Socket client, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[client.Send(bytes)..];
        }
    }

    private static void ReceiveAll(Socket client, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int received = client.Receive(bytes);
            Assert.NotEqual(0, received);
            bytes = bytes[received..];
        }
    }

    /// <summary>A transport that is listening.</summary>
    private sealed class Running(ITransport transport, EndPoint endPoint) : IAsyncDisposable
    {
        internal Socket Connect() => TransportContract.Connect(endPoint);

        public async ValueTask DisposeAsync()
        {
            using var abort = new CancellationTokenSource();
            Task stopping = transport.StopAsync(abort.Token);
            await abort.CancelAsync();
            await stopping.WaitAsync(s_long);
            await transport.DisposeAsync();
        }
    }
}
